import type { AnyActorRef, AnyMachineSnapshot, MachineContext } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import { acceptedBy } from '../agent/busy.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Handled, Origin } from '../mail/handled.ts'
import type { Accepts } from '../mail/lane.ts'
import { type Loss, Mailbox, type ReadBack, type WhyOver } from '../mail/mailbox.ts'
import { Room } from '../mail/room.ts'
import type { Ready, ReadyQueue } from '../time/ready-queue.ts'

/** What an actor needs from the partition that it lives in. */
export interface ActorHost {
  readonly address: Address
  readonly ready: ReadyQueue
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  now(): number
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  /** Whether nobody may be handed it any more. */
  isExpired(envelope: Envelope): boolean
  /** A turn of an actor begins: until it is over, whatever happens is its doing. Returns whose turn it interrupts. */
  enter(actor: Actor): Actor | undefined
  leave(outer: Actor | undefined): void
  /** Resolves when an event may be handed over; nothing if it may be now. */
  handable(envelope: Envelope): Promise<void> | undefined
  /** Makes the agent handle an event. */
  handle(actor: Actor, envelope: Envelope): void
  /** The agent has come to take other events than before, and is busy. */
  becameBusy(actor: Actor): void
  /** Reads spilled events back into a mailbox. */
  readBack(mailbox: Mailbox, missing: ReadBack): Promise<void>
  /** Calls somebody else's function; one that throws is reported, and harms nobody. */
  guard(what: Address, call: () => unknown): void
  /** The actor has nothing to do that it could do now. */
  resting(): void
  /** Reports what should never have been thrown. */
  fault(error: unknown): void
  working(): void
}

/**
 * `declared`: its address exists, and whatever it is to handle waits. `running`: it handles that. `down`: it ended, and its supervisor
 * has not decided yet. `stopped`: it will not come back under this address by itself.
 */
export type ActorStatus = 'declared' | 'running' | 'down' | 'stopped'

/** What can be known of a mailbox. */
export interface MailboxFigures {
  /** Events that wait, in memory or in the journal. */
  readonly depth: number
  /** Those of them that only the journal holds. */
  readonly spilled: number
  /** Milliseconds since the oldest of those in memory was said; 0 when none waits. */
  readonly age: number
  /** Milliseconds that the agent has been busy without a break; 0 when it is not. */
  readonly busy: number
}

/** One agent at one address: its mailbox stays through all its incarnations. */
export class Actor implements Ready {
  readonly name: string
  readonly address: Address
  readonly agent: Agent
  status: ActorStatus = 'declared'
  incarnation = 0
  ref: AnyActorRef | undefined
  /** The input of its machine, for each incarnation. */
  input: unknown
  /** What the incarnations in this process remembered last. */
  kept: MachineContext | undefined
  /** The name of its supervisor. */
  readonly under: string
  /** What led to this incarnation: what it was spawned for, or what the last one failed on. */
  led: Origin | undefined
  /** How many events the machine was sent by itself, or from inside, in the turn under way. */
  rounds = 0
  readonly #host: ActorHost
  // An agent that nothing waits for has no mailbox: a hundred thousand of them may be idle.
  #mailbox: Mailbox | undefined
  #room: Room | undefined
  #givenUp: readonly Mailbox[] | undefined
  #onDrained: (() => void) | undefined
  /** Called as soon as this incarnation runs. */
  #onRunning: readonly (() => void)[] = none
  #queued = false
  #reading = false
  #busySince: number | undefined
  #accepted: Accepts
  #crashes: Map<number, number> | undefined
  #shown: AnyMachineSnapshot | undefined
  #watched: Watched = unwatched
  #announced: Handled | undefined
  #handling: Handled | undefined

  constructor(host: ActorHost, name: string, agent: Agent, under: string) {
    this.#host = host
    this.name = name
    this.address = addressOf(host.address, name)
    this.agent = agent
    this.input = agent.input
    this.under = under
  }

  get mailbox(): Mailbox {
    this.#mailbox ??= new Mailbox(this.agent.mailbox, this.#host.aging)
    return this.#mailbox
  }

  /** How many events wait. */
  get waiting(): number {
    let waiting = this.#mailbox?.size ?? 0
    for (const { size } of this.#givenUp ?? none) waiting += size
    return waiting
  }

  /** What it has to do: what waits, and what it is busy with. */
  get load(): number {
    return this.waiting + (this.#accepts() ? 1 : 0)
  }

  /** Calls back once it has nothing left to do, or has ended; at once, if that is so. */
  whenDrained(drained: () => void): void {
    this.#onDrained = drained
    this.#checkDrained()
  }

  get figures(): MailboxFigures {
    const now = this.#host.now()
    let oldest = now
    for (const { time } of this.#mailbox ?? []) oldest = Math.min(oldest, time)
    const busy = this.#busySince === undefined ? 0 : this.#host.elapsed() - this.#busySince
    return { depth: this.waiting, spilled: this.#mailbox?.spilled ?? 0, age: now - oldest, busy }
  }

  /** Where publishers wait while the mailbox is full, if it is one that makes them wait. */
  get room(): Room {
    this.#room ??= new Room(this.address, this.agent.mailbox.capacity, this.#host.aging)
    return this.#room
  }

  /** A place was kept for a publisher that gave up: the next one may have it. */
  giveUpPlace(): void {
    this.#room?.use()
    this.#offerRoom()
  }

  /** Lets an event into its mailbox, and returns what was given up for it. */
  offer(envelope: Envelope, journalled: boolean): readonly Loss[] | undefined {
    const { mailbox } = this
    const wanted = mailbox.full && this.#wants(envelope.type)
    return mailbox.offer(envelope, journalled, this.#host, wanted)
  }

  /** Whether any of its mail has an end to its time. */
  get mayExpire(): boolean {
    return (this.#mailbox?.expiring ?? 0) > 0
  }

  /** Takes out of its mailbox what nobody will be handed any more, and returns it; who waits for room gets the places. */
  sweep(whyOver: WhyOver): readonly Loss[] {
    const losses = this.#mailbox?.sweep(whyOver) ?? none
    this.#offerRoom()
    return losses
  }

  /** Whether a publisher from outside has to wait for room. */
  isCrowded(type: string): boolean {
    const mailbox = this.#mailbox
    if (!mailbox || this.status === 'stopped' || this.agent.mailbox.overflow !== 'backpressure') return false
    const hasRoom = this.#room ? this.#room.isFree(mailbox) : !mailbox.full
    return !hasRoom && !this.#wants(type)
  }

  /** Whether a full mailbox refuses whoever addresses the agent alone. */
  isRejecting(type: string): boolean {
    if (this.agent.mailbox.overflow !== 'reject' || this.status === 'stopped') return false
    return (this.#mailbox?.full ?? false) && !this.#wants(type)
  }

  /** The snapshot that outsiders see: the newest one that is durable. */
  get shown(): AnyMachineSnapshot | undefined {
    return this.#shown
  }

  show(snapshot: AnyMachineSnapshot): void {
    this.#shown = snapshot
    for (const watcher of this.#watched.by) this.#host.guard(this.address, () => watcher(snapshot))
  }

  /** Whether events of this type wait until it is no longer busy. */
  isBlocked(type: string): boolean {
    const accepts = this.#accepts()
    return accepts !== undefined && !accepts(type)
  }

  /** Counts that the agent crashed on an event; returns how often it did. */
  crashedOn({ seq }: Envelope): number {
    this.#crashes ??= new Map()
    const count = (this.#crashes.get(seq) ?? 0) + 1
    this.#crashes.set(seq, count)
    return count
  }

  /** It crashed on an event before it came back. */
  crashed(seq: number, times: number): void {
    this.#crashes ??= new Map()
    this.#crashes.set(seq, times)
  }

  /** How often it was handed an event so far, this time included. */
  attemptsAt({ seq }: Envelope): number {
    return this.#crashes?.get(seq) ?? 1
  }

  /** The event is done with, one way or another; returns how often it was handed over. */
  doneWith({ seq }: Envelope): number {
    const crashes = this.#crashes?.get(seq) ?? 1
    this.#crashes?.delete(seq)
    return crashes
  }

  /** Calls back with every new durable snapshot; the returned function ends that. */
  watch(watcher: (snapshot: AnyMachineSnapshot) => void): () => void {
    if (this.#watched === unwatched) this.#watched = { by: none }
    const watched = this.#watched
    watched.by = [...watched.by, watcher]
    return () => {
      watched.by = watched.by.filter(other => other !== watcher)
    }
  }

  /** Takes over the watchers of the actor that was at its address before the party was brought back. */
  succeed(former: Actor): void {
    this.#watched = former.#watched
  }

  /** Says which position the next event that reaches the machine is. */
  announce(handled: Handled): void {
    this.#announced = handled
  }

  /** The position that is about to be handled, or is being. */
  get current(): Handled | undefined {
    return this.#announced ?? this.#handling
  }

  get announced(): boolean {
    return this.#announced !== undefined
  }

  /** The announced position, once: a second event of the same turn has another. */
  takeHandled(): Handled | undefined {
    this.#handling = this.#announced
    this.#announced = undefined
    return this.#handling
  }

  /** What the step under way handles. */
  get handled(): Handled | undefined {
    return this.#handling
  }

  /** Hands over a reply, an outcome, a timer or a decision of supervision, ahead of all mail. */
  signal(signal: () => void): void {
    this.mailbox.signal(signal)
    this.wake()
  }

  /** The incarnation is ready: it handles what waits, and its effects begin. */
  run(): void {
    this.status = 'running'
    const waiting = this.#onRunning
    this.#onRunning = none
    for (const call of waiting) call()
    this.wake()
  }

  /** Calls back when the incarnation is ready; at once, if it is. One that ends before may call back too. */
  whenRunning(call: () => void): void {
    if (this.status === 'declared') this.#onRunning = [...this.#onRunning, call]
    else call()
  }

  /** Asks for a turn, if there is something to do. */
  wake(): void {
    if (this.#queued) return
    if (!this.#hasWork()) return this.#checkDrained()
    this.#queued = true
    this.#host.working()
    this.#host.ready.push(this)
  }

  turn(): boolean {
    const outer = this.#host.enter(this)
    this.rounds = 0
    try {
      this.#takeOne()
    } catch (error) {
      // A fault of the runtime itself: this turn is lost, the actor is not.
      this.#host.fault(error)
    } finally {
      this.#host.leave(outer)
    }
    this.#noteBusy()
    this.#offerRoom()
    if (this.#hasWork()) return true
    this.#queued = false
    this.#checkDrained()
    this.#host.resting()
    return false
  }

  /** Empties the mailbox and lets everybody go who waits for room in it; returns the events that waited in memory. */
  close(): readonly Envelope[] {
    this.#room?.open()
    this.#busySince = undefined
    const waited = this.#mailbox?.clear() ?? []
    this.#checkDrained()
    return waited
  }

  /** Gives up all that waits, and begins with an empty mailbox; returns what waited, in memory and in the journal alone. */
  renew(): { readonly waited: readonly Envelope[]; readonly spilled: Mailbox | undefined } {
    const waited = this.close()
    const spilled = this.#mailbox?.spilled ? this.#mailbox : undefined
    this.#mailbox = undefined
    // Counted as waiting until it is told what has become of each.
    if (spilled) this.#givenUp = [...(this.#givenUp ?? []), spilled].filter(({ size }) => size > 0)
    return { waited, spilled }
  }

  /** What it has invoked that has not ended, as its machine calls it. */
  invoked(): readonly string[] {
    const children: Record<string, AnyActorRef | undefined> = this.ref?.getSnapshot().children ?? {}
    return Object.entries(children).flatMap(([id, child]) => (child ? [nameOf(child, id)] : []))
  }

  #takeOne(): void {
    const mailbox = this.#mailbox
    if (this.status === 'declared') return
    const signal = mailbox?.takeSignal()
    if (signal) return signal()
    if (!mailbox || this.status !== 'running' || this.#reading) return
    const found = mailbox.take(this.#accepts())
    if (!found) return
    if ('places' in found) return this.#rest(this.#host.readBack(mailbox, found))
    const handable = this.#host.handable(found)
    if (!handable) return this.#host.handle(this, found)
    mailbox.putBack(found)
    this.#rest(handable)
  }

  #hasWork(): boolean {
    const mailbox = this.#mailbox
    if (!mailbox || this.status === 'declared') return false
    if (mailbox.signals > 0) return true
    return this.status === 'running' && !this.#reading && mailbox.size > 0 && mailbox.has(this.#accepts())
  }

  #checkDrained(): void {
    if (!this.#onDrained || (this.status !== 'stopped' && !this.#isDrained())) return
    const drained = this.#onDrained
    this.#onDrained = undefined
    drained()
  }

  #isDrained(): boolean {
    const snapshot: AnyMachineSnapshot | undefined = this.ref?.getSnapshot()
    const isIdle = this.status === 'running' && this.waiting === 0 && (this.#mailbox?.signals ?? 0) === 0
    return isIdle && !this.#accepts() && Object.keys(snapshot?.children ?? {}).length === 0
  }

  /** Takes no turn until something is done for it. */
  #rest(work: Promise<void>): void {
    this.#reading = true
    this.#host.working()
    const over = () => {
      this.#reading = false
      this.wake()
      this.#host.resting()
    }
    void work.then(over, error => {
      this.#host.fault(error)
      over()
    })
  }

  #accepts(): Accepts {
    const snapshot: AnyMachineSnapshot | undefined = this.ref?.getSnapshot()
    return snapshot && acceptedBy(snapshot)
  }

  /** Whether it is busy, and takes events of this type nevertheless. */
  #wants(type: string): boolean {
    return this.#accepts()?.(type) ?? false
  }

  #offerRoom(): void {
    if (this.#mailbox) this.#room?.offer(this.#mailbox, this.#accepts())
  }

  #noteBusy(): void {
    const accepts = this.#accepts()
    if (accepts === this.#accepted) return
    this.#accepted = accepts
    if (!accepts) {
      this.#busySince = undefined
      return
    }
    this.#busySince ??= this.#host.elapsed()
    this.#host.becameBusy(this)
  }
}

interface Watched {
  by: readonly ((snapshot: AnyMachineSnapshot) => void)[]
}

const none: readonly never[] = []
const unwatched: Watched = { by: none }

function nameOf({ src }: AnyActorRef, id: string): string {
  return typeof src === 'string' && !src.startsWith('xstate.') ? src : id
}
