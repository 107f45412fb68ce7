import type { AnyActorRef, AnyMachineSnapshot, MachineContext } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import { acceptedBy } from '../agent/busy.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Handled, Origin } from '../mail/handled.ts'
import type { Accepts } from '../mail/lane.ts'
import type { Mailbox } from '../mail/mailbox.ts'
import type { Ready } from '../time/ready-queue.ts'
import type { ActorHost } from './actor-host.ts'
import { CrashCount } from './crash-count.ts'
import { Inbox, type MailboxFigures } from './inbox.ts'
import { Watchers } from './watchers.ts'

/**
 * `declared`: the address exists, and everything for the agent waits. `running`: the agent handles it. `down`: the incarnation has ended,
 * and its supervisor has not decided yet. `stopped`: the agent is not started again by itself.
 */
export type ActorStatus = 'declared' | 'running' | 'down' | 'stopped'

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
  /** The newest context of the incarnations in this process. */
  kept: MachineContext | undefined
  readonly inbox: Inbox
  readonly crashes = new CrashCount()
  /** The name of its supervisor. */
  readonly under: string
  /** The origin of this incarnation: the event because of which it was spawned, or on which the last incarnation failed. */
  led: Origin | undefined
  /** How many events the machine got from itself, or from machines inside it, in the turn under way. */
  rounds = 0
  readonly #host: ActorHost<Actor>
  #onDrained: (() => void) | undefined
  /** Called as soon as this incarnation runs. */
  #onRunning: readonly (() => void)[] = none
  #queued = false
  #reading = false
  #busySince: number | undefined
  #accepted: Accepts
  #shown: AnyMachineSnapshot | undefined
  #watchers: Watchers | undefined
  #announced: Handled | undefined
  #handling: Handled | undefined

  constructor(host: ActorHost<Actor>, name: string, agent: Agent, under: string) {
    this.#host = host
    this.name = name
    this.address = addressOf(host.address, name)
    this.agent = agent
    this.input = agent.input
    this.under = under
    this.inbox = new Inbox(this, host)
  }

  /** Which types the agent takes while it is busy; `undefined` when it is not busy. */
  accepts(): Accepts {
    const snapshot: AnyMachineSnapshot | undefined = this.ref?.getSnapshot()
    return snapshot && acceptedBy(snapshot)
  }

  /** How much the agent has to do: waiting events, and one if it is busy. */
  get load(): number {
    return this.inbox.waiting + (this.accepts() ? 1 : 0)
  }

  /** Calls back once the agent has nothing left to do, or has stopped; at once if that is so already. */
  whenDrained(drained: () => void): void {
    this.#onDrained = drained
    this.#checkDrained()
  }

  get figures(): MailboxFigures {
    const busy = this.#busySince === undefined ? 0 : this.#host.elapsed() - this.#busySince
    return { ...this.inbox.figures, busy }
  }

  /** The snapshot that outsiders see: the newest one that is durable. */
  get shown(): AnyMachineSnapshot | undefined {
    return this.#shown
  }

  show(snapshot: AnyMachineSnapshot): void {
    this.#shown = snapshot
    if (this.#watchers === undefined) return
    for (const watcher of this.#watchers.all) this.#host.guard(this.address, () => watcher(snapshot))
  }

  /** Whether events of this type wait until the agent is no longer busy. */
  isBlocked(type: string): boolean {
    const accepts = this.accepts()
    return accepts !== undefined && !accepts(type)
  }

  /** Calls back with every new durable snapshot. The returned function ends that. */
  watch(watcher: (snapshot: AnyMachineSnapshot) => void): () => void {
    this.#watchers ??= new Watchers()
    return this.#watchers.add(watcher)
  }

  /** Takes over the watchers of the actor that was at this address before the party was restored. */
  succeed(former: Actor): void {
    this.#watchers = former.#watchers
  }

  /** Sets the position of the next event that reaches the machine. */
  announce(handled: Handled): void {
    this.#announced = handled
  }

  /** The position that is about to be handled, or is being handled. */
  get current(): Handled | undefined {
    return this.#announced ?? this.#handling
  }

  get announced(): boolean {
    return this.#announced !== undefined
  }

  /** Takes the announced position: a second event of the same turn needs another. */
  takeHandled(): Handled | undefined {
    this.#handling = this.#announced
    this.#announced = undefined
    return this.#handling
  }

  /** The position that the step under way handles. */
  get handled(): Handled | undefined {
    return this.#handling
  }

  /** Hands over a reply, an outcome, a timer or a decision of supervision, ahead of all mail. */
  signal(signal: () => void): void {
    this.inbox.mailbox.signal(signal)
    this.wake()
  }

  /** The incarnation is ready: it handles its mail, and its effects begin. */
  run(): void {
    this.status = 'running'
    const waiting = this.#onRunning
    this.#onRunning = none
    this.#noteBusy()
    for (const call of waiting) call()
    this.wake()
  }

  /** Calls back when the incarnation is ready; at once if it is. May also call back if the incarnation ends before. */
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
    this.inbox.offerRoom()
    if (this.#hasWork()) return true
    this.#queued = false
    this.#checkDrained()
    this.#host.resting()
    return false
  }

  /** Empties the mailbox, and ends the waiting of publishers for room in it; returns the events that waited in memory. */
  close(): readonly Envelope[] {
    this.#busySince = undefined
    const waited = this.inbox.clear()
    this.#checkDrained()
    return waited
  }

  /**
   * Starts with an empty mailbox; returns the events that waited in memory, and the mailbox if some of its events are only in the
   * journal.
   */
  renew(): { readonly waited: readonly Envelope[]; readonly spilled: Mailbox | undefined } {
    return { waited: this.close(), spilled: this.inbox.renew() }
  }

  #takeOne(): void {
    const mailbox = this.inbox.used
    if (this.status === 'declared') return
    const signal = mailbox?.takeSignal()
    if (signal) return signal()
    if (!mailbox || this.status !== 'running' || this.#reading) return
    const found = mailbox.take(this.accepts())
    if (!found) return
    if ('places' in found) return this.#rest(this.#host.readBack(mailbox, found))
    const handable = this.#host.handable(found)
    if (!handable) return this.#host.handle(this, found)
    mailbox.putBack(found)
    this.#rest(handable)
  }

  #hasWork(): boolean {
    const mailbox = this.inbox.used
    if (!mailbox || this.status === 'declared') return false
    if (mailbox.signals > 0) return true
    return this.status === 'running' && !this.#reading && mailbox.size > 0 && mailbox.has(this.accepts())
  }

  #checkDrained(): void {
    if (!this.#onDrained || (this.status !== 'stopped' && !this.#isDrained())) return
    const drained = this.#onDrained
    this.#onDrained = undefined
    drained()
  }

  #isDrained(): boolean {
    const snapshot: AnyMachineSnapshot | undefined = this.ref?.getSnapshot()
    const isIdle = this.status === 'running' && this.inbox.waiting === 0 && (this.inbox.used?.signals ?? 0) === 0
    return isIdle && !this.accepts() && Object.keys(snapshot?.children ?? {}).length === 0
  }

  /** Takes no turn until some work for the actor is done. */
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

  #noteBusy(): void {
    const accepts = this.accepts()
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

const none: readonly never[] = []
