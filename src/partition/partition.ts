import type { Actor, ActorHost } from '../actor/actor.ts'
import { Delivery, type DeliveryHost } from '../actor/delivery.ts'
import { unkept } from '../actor/kept.ts'
import { Registry } from '../actor/registry.ts'
import type { Step } from '../actor/step.ts'
import { codeOf, TroupeError, textOf } from '../errors.ts'
import { CheckedEvent, type EventDefinition, type EventOf, trusted } from '../events/event.ts'
import { agentFailed, agentUpdated, deadLettered, partyUpdated, systemError } from '../events/runtime-events.ts'
import { breakCircle } from '../invoke/ask-circles.ts'
import { AskRefusedError, AskStoppedError } from '../invoke/ask-errors.ts'
import type { PendingAsk } from '../invoke/ask-table.ts'
import type { Continuation } from '../journal/append.ts'
import type { Cause, Entry, Frame } from '../journal/frame.ts'
import { type Checkpoint, type Checkpoints, type JournalError, JournalReadError } from '../journal/journal.ts'
import type { Standing } from '../journal/standing.ts'
import { Watermark } from '../journal/watermark.ts'
import { type Address, partyOf, runtimePartition, splitAddress } from '../mail/address.ts'
import type { DeadReason } from '../mail/dead-letters.ts'
import { type Envelope, eventOf, isJournalled } from '../mail/envelope.ts'
import type { Handled, Origin } from '../mail/handled.ts'
import type { Mailbox, ReadBack } from '../mail/mailbox.ts'
import { type Facts, type Place, sealed } from '../mail/seal.ts'
import { accept } from '../mail/tally.ts'
import { type Failure, onRejection, stackOf, telling } from '../thrown.ts'
import type { ReadyQueue } from '../time/ready-queue.ts'
import { Activity } from './activity.ts'
import type { ObservedSnapshot } from './observation.ts'
import type { Shown } from './partition-observer.ts'
import { PartitionTime } from './partition-time.ts'
import type { Snapped } from './snapshots.ts'
import { StepCheckpoint } from './step-checkpoint.ts'
import type { System } from './system.ts'

/** The state that belongs to a partition, if it is a party's. */
export interface PartitionState<T> {
  readonly live: T
  readonly shown: { readonly version: number; readonly status: string }
  apply(entries: readonly Entry[], time: number): void
  /** Makes a state visible; `false` if it is already. */
  show(state: T): boolean
  /** What a snapshot is to hold of the shown state. */
  saved(): unknown
}

/** A supervisor, as it is now. */
export interface Supervising {
  readonly name: string
  /** The name of the one above it. */
  readonly above: string | undefined
  readonly strategy: string
  readonly snapshot: ObservedSnapshot
}

/** The supervisors of a partition. */
export interface Supervisors extends Iterable<Supervising> {
  supervising(name: string): Supervising | undefined
}

/** What the journal refused never happened; that it refused is told by `reportNow`. */
const neverHappened = () => {}

/**
 * The unit of consistency: agents at addresses, one journal partition, and what happens to an event between two of them.
 * A party is a partition with a state; the agents outside all parties live in the partition `runtime`.
 */
export class Partition implements ActorHost, DeliveryHost, Place, Snapped {
  readonly address: Address
  readonly party: string | undefined
  readonly system: System<Partition>
  readonly registry: Registry
  readonly delivery: Delivery
  readonly activity: Activity
  readonly watermark: Watermark<Shown>
  supervisors: Supervisors | undefined
  /** Throws if events from outside must not happen here one after the other, as things are now. */
  admit: ((events: readonly EventOf[]) => void) | undefined
  /** How another owner has left it, until everything goes on. */
  standing: Standing | undefined
  /** What the journal says of requests to agents here, while a party comes back that may have sent them. */
  requests: Pick<Standing, 'request'> | undefined
  /** How many turns its agents have had. */
  turns = 0
  /** The asks to agents elsewhere whose outcomes are not durable here; nothing while that is not known. */
  asking: Set<string> | undefined
  readonly #state: PartitionState<unknown> | undefined
  readonly #onFailure: (error: JournalError) => void
  #seq = 0
  readonly #time: PartitionTime
  #suspended = false
  #isUnrecorded = false
  readonly #followers = new Set<(frame: Frame) => void>()
  /** Whether nothing is handed over that is not durable: something killed the last process that the journal does not hold. */
  isCareful = false

  constructor(
    system: System<Partition>,
    address: Address,
    state: PartitionState<unknown> | undefined,
    onFailure: (error: JournalError) => void,
  ) {
    this.system = system
    this.#time = new PartitionTime(system.clock, () => this.#seq)
    this.address = address
    this.party = partyOf(address)
    this.#state = state
    this.#onFailure = onFailure
    this.registry = new Registry({
      heard: (type, isHeard) => system.heard(this, type, isHeard),
      counted: by => {
        system.population += by
      },
    })
    this.delivery = new Delivery(this.registry, system.tally, this)
    this.watermark = new Watermark(system.journal, address, {
      durable: appended => this.#show(appended),
      checkpoints: checkpointsOf,
      failed: onFailure,
      fault: error => this.fault(error),
    })
    this.activity = new Activity(() => this.watermark.caughtUp)
  }

  get aging(): number {
    return this.system.aging
  }

  get ready(): ReadyQueue {
    return this.system.ready
  }

  /** The agent whose step is under way. */
  get stepping(): Actor | undefined {
    return this.system.stepping
  }

  /** What whoever calls is being called for: the event that a subscriber is told of, or that led to an effect. */
  get origin(): Origin | undefined {
    const { bus, insideEffect, running } = this.system
    const { told } = bus
    if (told) return originOf(told)
    const effect = running.effects > 0 ? insideEffect.getStore() : undefined
    return effect?.isOver ? undefined : effect?.origin
  }

  // ---- positions and frames ----

  /**
   * Nothing has happened here yet: it goes on where another owner has left it.
   *
   * @param setBack milliseconds by which the clock was set back while nobody was there
   */
  continue(from: Continuation, standing: Pick<Standing, 'time' | 'jumps'>, setBack = 0): void {
    this.#seq = from.position
    this.#time.continue(standing, setBack)
    this.watermark.continue(from)
  }

  nextSeq(): number {
    return ++this.#seq
  }

  /** The time of what happens now, epoch milliseconds; never behind the last frame, whoever corrects the clock. */
  now(): number {
    return this.#time.now()
  }

  /** What the clock shows, epoch milliseconds: whatever waits here for a date waits for this one. */
  date(): number {
    return this.#time.date()
  }

  /** Records that the clock has jumped, if no frame tells of it: so in the next process too, everything waits as long as before. */
  recordJump(): void {
    const date = this.date()
    // Of what is not in the journal yet, the first frame tells.
    if (!this.#time.isUntold || this.watermark.head === 0 || !this.#isRecording) return
    // Its time stays, because the clock may be set back again.
    const frame = this.#frameOf(date, { kind: 'supervision' }, [])
    this.#keep({ frame, said: [], step: undefined, state: this.#state?.live, checkpoints: undefined })
  }

  /** Whether nobody may be handed it any more. */
  isExpired({ expirytime, seq }: Envelope): boolean {
    return expirytime !== undefined && this.#time.isAfter(expirytime, seq)
  }

  /** Milliseconds since any fixed moment: what durations are measured with. */
  elapsed(): number {
    return this.system.clock.elapsed()
  }

  /** Whether an event that was said is journalled; requests and replies too. */
  persists(envelope: Envelope): boolean {
    return isJournalled(envelope)
  }

  persistsAsk(type: string): boolean {
    return this.system.catalog.persists(type)
  }

  /** What happens meanwhile is this process's own affair: the journal keeps things as they were. */
  unrecorded(happening: () => void): void {
    this.#isUnrecorded = true
    try {
      happening()
    } finally {
      this.#isUnrecorded = false
    }
  }

  /** Nothing more is journalled: what is still to be told of its end is this process's own affair. */
  suspend(): void {
    this.#suspended = true
  }

  /** Appends a frame: state events apply, in journal order; what was said becomes visible when it is durable. */
  append(
    cause: Cause,
    entries: readonly Entry[],
    said: readonly Envelope[] = [],
    step?: Step,
    checkpointsAt?: (position: number) => Checkpoints,
  ): void {
    if (!this.#isRecording) return
    const date = this.date()
    // The clock may be set back between an envelope and its frame.
    this.#time.goOn(Math.max(date, said.at(-1)?.time ?? 0))
    // Before anything is appended, because an event that cannot be applied must not be journalled either.
    this.#state?.apply(entries, this.#time.last)
    const frame = this.#frameOf(date, cause, entries)
    this.#keep({ frame, said, step, state: this.#state?.live, checkpoints: checkpointsAt?.(frame.position) })
  }

  get #isRecording(): boolean {
    return !this.#suspended && !this.#isUnrecorded
  }

  #frameOf(date: number, cause: Cause, entries: readonly Entry[]): Frame {
    const { address: partition } = this
    const time = this.#time.last
    // After everything in it, so that the frame of a position is the first one after it.
    const position = this.nextSeq()
    const clock = this.#time.reading(date)
    if (!clock) return { partition, position, time, cause, entries }
    return { partition, position, time, clock, cause, entries }
  }

  #keep(shown: Shown): void {
    if (this.#followers.size > 0) for (const follow of this.#followers) follow(shown.frame)
    this.watermark.append(shown)
  }

  /** Shows every frame from now on as it is appended, before it is durable; ends with the returned function. */
  follow(follower: (frame: Frame) => void): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** Appends what came from outside, if there is anything of it that is journalled. */
  record(entries: readonly Entry[], said: readonly Envelope[] = []): void {
    if (entries.length > 0) this.append({ kind: 'outside' }, entries, said)
  }

  /** Appends that something ended outside the step that wanted it, and says which position that is. */
  appendOutcome(entry: (seq: number) => Entry, type: string, origin: Origin): Handled {
    const seq = this.nextSeq()
    this.append({ kind: 'outcome' }, [entry(seq)])
    const { correlationid, causationid, request } = origin
    return { seq, type, correlationid, causationid, request }
  }

  #show(shown: Shown): void {
    const { frame, said, step, state } = shown
    const isNews = this.#state?.show(state)
    this.system.snapshots.follow(this, frame)
    if (isNews) this.#noteUpdate(shown)
    if (step) this.#showStep(step)
    this.system.observers?.shown(this, shown)
    for (const envelope of said) this.tell(envelope)
    this.activity.check()
  }

  #noteUpdate({ step, said: [first] }: Shown): void {
    const make = () => {
      const { version = 0, status = '' } = this.#state?.shown ?? {}
      return partyUpdated({ partyId: this.party ?? '', version, status })
    }
    this.note(partyUpdated.type, make, step?.handled ?? (first && originOf(first)))
  }

  #showStep({ actor, snapshot, outcome, handled }: Step): void {
    actor.show(snapshot)
    if (outcome !== 'handled') return
    const { address, incarnation } = actor
    this.note(agentUpdated.type, () => agentUpdated({ address, incarnation, state: snapshot.value }), handled)
  }

  saved(): unknown {
    return this.#state?.saved()
  }

  /** Tells an event to subscribers, and to agents outside the parties. */
  tell(envelope: Envelope): void {
    this.system.bus.tell(envelope)
    this.system.observers?.said(this, envelope)
    this.system.overhear(envelope)
  }

  /** Makes the envelope of an event that is said here now, which says too whether it is journalled. */
  seal(event: EventOf, facts: Facts = {}): Envelope {
    const envelope = sealed(event, facts, this)
    const { persistence } = this.system
    // Requests and replies have a rule of their own.
    if (persistence === undefined || envelope.ask !== undefined) return envelope
    return persistence.decided(envelope, this.definitionOf(event).persist)
  }

  nextId(): string {
    return this.system.ids.next()
  }

  definitionOf(event: EventOf): EventDefinition {
    // Faster than to look it up, and nearly all events are made by theirs.
    return CheckedEvent.definitionOf(event) ?? this.system.catalog.event(event.type)
  }

  // ---- events of other partitions and of the runtime ----

  /** Delivers an event that another partition said, as a position of this one. */
  hear(envelope: Envelope): void {
    if (!this.registry.hears(envelope.type)) return
    const here: Envelope = Object.freeze({ ...envelope, seq: this.nextSeq() })
    if (this.persists(here)) this.append({ kind: 'outside' }, [{ kind: 'event', envelope: here, heard: envelope.seq }])
    this.delivery.deliver(here)
  }

  /** Says an event of the runtime's own: agents hear it at once, subscribers when what it tells of is durable. */
  report(event: EventOf, origin?: Origin): void {
    const envelope = this.seal(event, origin)
    this.delivery.deliver(envelope)
    this.watermark.whenDurable(() => this.tell(envelope), neverHappened)
  }

  /** Says an event of the runtime's own to those who listen, and keeps it out of the history: it happens all the time. */
  note(type: string, make: () => EventOf, origin?: Origin): void {
    if (!this.isNoted(type)) return
    const { bus } = this.system
    const isHeardInside = this.registry.hears(type)
    // Who only watches changes nothing: it takes no position and no id away from what agents do.
    const { correlationid, causationid } = origin ?? {}
    const place = isHeardInside ? {} : { id: bus.newNoteId(), at: this.#seq }
    const envelope = this.seal(make(), { ...place, correlationid, causationid })
    if (isHeardInside) this.delivery.deliver(envelope)
    this.watermark.whenDurable(
      () => {
        bus.mention(envelope)
        this.system.overhear(envelope)
      },
      () => {},
    )
  }

  /** Whether anybody listens to an event of the runtime's own. */
  isNoted(type: string): boolean {
    const { bus, partition } = this.system
    if (bus.isHeard(type, this.party) || this.registry.hears(type)) return true
    return this.party !== undefined && partition(runtimePartition)?.registry.hears(type) === true
  }

  /** Says an event of the runtime's own to the agents of this partition alone. */
  noteInside(event: EventOf): void {
    this.delivery.deliver(this.seal(event))
  }

  /** Says an event at once: it tells of a journal that refuses, and waiting for that would be waiting for ever. */
  reportNow(event: EventOf): void {
    const envelope = this.seal(event)
    this.system.bus.tell(envelope)
    this.system.observers?.said(this, envelope)
  }

  /** Reports an error as an event, without its payloads. */
  reportError(
    severity: 'warning' | 'error' | 'critical',
    error: unknown,
    address: Address = this.address,
    origin?: Origin,
  ): void {
    const told = { severity, code: codeOf(error), message: textOf(error), address, ...placed(stackOf(error)) }
    const event = trusted(systemError, telling(told, error))
    if (this.watermark.failure) this.reportNow(event)
    else this.report(event, origin)
  }

  /** Tells a request that no mailbox gets, or an answer, to those who listen to its type. */
  tellAsk(event: EventOf & { readonly ask: string }, source: Address, { correlationid, causationid }: Origin): void {
    if (!this.#isTold(event.type)) return
    const { ask } = event
    const id = this.system.bus.newNoteId()
    this.#mention(this.seal(event, { id, at: this.#seq, source, correlationid, causationid, ask }))
  }

  #isTold(type: string): boolean {
    return this.system.bus.isHeard(type, this.party)
  }

  #mention(envelope: Envelope): void {
    this.watermark.whenDurable(() => this.system.bus.mention(envelope), neverHappened)
  }

  /** Reports that an agent threw. */
  reportFailed({ address, incarnation }: Actor, handled: string, { error, words }: Failure, origin?: Origin): void {
    const { code, message, stack } = words
    const told = { address, incarnation, handled, error: message, code, ...placed(stack) }
    this.report(trusted(agentFailed, telling(told, error)), origin)
    this.reportError('error', new AgentFailedError(address, handled, error), address, origin)
  }

  /** Delivers a request to one of its agents. */
  deliverAsk(actor: Actor, request: EventOf & { readonly ask: string }, source: Address, origin?: Origin): void {
    accept(this.system.tally)
    const envelope = this.seal(request, { ...origin, source, to: actor.address, ask: request.ask })
    if (this.persists(envelope)) this.append({ kind: 'outside' }, [{ kind: 'asked', envelope }])
    if (this.#isTold(envelope.type)) this.#mention(envelope)
    this.delivery.deliverTo(actor, envelope)
    this.#breakCircle(request.ask)
  }

  // ---- what others get wrong ----

  guard(what: Address, call: () => unknown): void {
    const failed = (error: unknown) => this.reportError('warning', new WatcherError(what, error))
    try {
      onRejection(call(), failed)
    } catch (error) {
      failed(error)
    }
  }

  fault(error: unknown): void {
    this.reportError('error', error)
  }

  // ---- dead letters ----

  /** Records that an event will not be handled by an agent, and lets its asker know. */
  lose(
    { address }: Pick<Actor, 'address'>,
    envelope: Envelope,
    why: 'coalesced' | 'stopped' | 'overflow' | 'expired' | 'stale' | 'quarantined',
  ): void {
    const { type, id, seq: at } = envelope
    const seq = this.nextSeq()
    if (why === 'coalesced') {
      this.system.tally.coalesced++
      this.append({ kind: 'supervision' }, [{ kind: 'coalesced', seq, id, to: address, at }])
      return
    }
    this.system.tally.dead++
    // What the journal keeps for whoever brings the party back is mail, although nobody here handles it.
    const isKept = (this.#isUnrecorded || this.watermark.failure !== undefined) && this.persists(envelope)
    if (!isKept) {
      this.append({ kind: 'supervision' }, [{ kind: 'dead', seq, id, to: address, reason: why, attempts: 1, envelope }])
      this.bury(envelope, address, why)
    }
    if (why === 'stopped') this.failAsk(envelope, new AskStoppedError(type, address))
    if (why === 'overflow') this.failAsk(envelope, new AskRefusedError(type, address, why))
  }

  mayExpire(actor: Actor): void {
    this.system.mayExpire(this, actor)
  }

  /** Records that an event could not be delivered to somebody who is no agent, and keeps it. */
  loseOutside(envelope: Envelope, to: Address, reason: DeadReason, attempts?: number, failure?: Failure): void {
    const dead = {
      kind: 'dead' as const,
      seq: this.nextSeq(),
      id: envelope.id,
      to,
      reason,
      attempts: attempts ?? 1,
      envelope,
      ...(failure && { error: failure.words }),
    }
    this.append({ kind: 'supervision' }, [dead])
    this.bury(envelope, to, reason, attempts, failure)
  }

  /** Keeps an event that could not be delivered, and tells of it. */
  bury(envelope: Envelope, to: Address, reason: DeadReason, attempts = 1, failure?: Failure): void {
    const { address: partition } = this
    const last = this.now()
    const { attempts: before, first } = envelope.redriven ?? { attempts: 0, first: last }
    const error = failure && { error: failure.words }
    const letter = Object.freeze({
      envelope,
      to,
      partition,
      reason,
      attempts: before + attempts,
      ...error,
      first,
      last,
    })
    this.system.deadLetters.add(letter)
    this.system.observers?.buried(this, letter)
    // A dead letter about a dead letter would never end.
    if (envelope.type !== deadLettered.type)
      this.report(deadLettered({ id: envelope.id, type: envelope.type, to, reason }), originOf(envelope))
  }

  /** Lets the asker of a request know, unless its answer is in a frame already. */
  failAsk(envelope: Envelope | undefined, error: TroupeError): void {
    const { asks } = this.system
    if (envelope?.ask !== undefined && !asks.get(envelope.ask)?.answered) asks.fail(envelope.ask, error)
  }

  // ---- turns ----

  enter(actor: Actor): Actor | undefined {
    const outer = this.system.stepping
    if (!outer) this.turns++
    this.system.stepping = actor
    return outer
  }

  leave(outer: Actor | undefined): void {
    this.system.stepping = outer
  }

  working(): void {
    this.activity.begin()
  }

  resting(): void {
    this.activity.end()
  }

  handle(actor: Actor, envelope: Envelope): void {
    const { seq, type, ask } = envelope
    if (this.isExpired(envelope)) return this.lose(actor, envelope, 'expired')
    if (ask !== undefined) {
      const asked = this.system.asks.get(ask)
      // Nobody waits for the answer any more.
      if (!asked) return this.lose(actor, envelope, 'stale')
      asked.takenBy = actor.incarnation
    }
    const { correlationid, id: causationid } = envelope
    const handled = { seq, type, envelope, correlationid, causationid, request: ask }
    this.#handOver(actor, handled, () => actor.ref?.send(eventOf(envelope)))
  }

  /** Hands an agent a position that is its own: a timer that fires, or how its work has ended. */
  hand(actor: Actor, handled: Handled, send: () => void): void {
    const durable = this.handable(handled)
    if (!durable) return this.#handOver(actor, handled, send)
    const { ref } = actor
    const later = () => {
      // What an incarnation had wanted is nothing to the next one.
      if (actor.ref === ref) this.#handOver(actor, handled, send)
    }
    void durable.then(
      () => actor.signal(later),
      () => {},
    )
  }

  #handOver(actor: Actor, handled: Handled, send: () => void): void {
    const { journal } = this.system
    journal.handing?.(this.address, actor.name, handled.seq)
    actor.announce(handled)
    send()
    // What ends the process from here on is not what was handed over.
    journal.handing?.(this.address, actor.name, 0)
  }

  /** Resolves when an event may be handed over, at once in nearly all partitions. */
  handable({ seq }: Pick<Handled, 'seq'>): Promise<void> | undefined {
    return this.isCareful && seq > this.watermark.durable && !this.watermark.failure
      ? this.watermark.reached()
      : undefined
  }

  /** Records that what only the journal holds for a stopped agent will not be handled either. */
  async loseSpilled(actor: Actor, mailbox: Mailbox): Promise<void> {
    // What the journal keeps for the next start is not lost, so it is only counted.
    const isKept = this.#isUnrecorded
    for (let missing = mailbox.unread(); missing; missing = mailbox.unread()) {
      const { priority, places } = missing
      if (!this.watermark.failure && !isKept) await this.readBack(mailbox, missing)
      for (const { place } of places) {
        const envelope = mailbox.drop(priority, place)
        if (envelope) this.lose(actor, envelope, 'stopped')
        // The journal does not give it back: it is counted, and nothing more can be said of it.
        else this.system.tally.dead++
      }
    }
  }

  /** The agent has come to take other events than before: requests that wait for it may wait for themselves now. */
  becameBusy({ address }: Actor): void {
    const { asks } = this.system
    for (const { key } of asks.waitingFor(address)) this.#breakCircle(key)
  }

  #breakCircle(key: string): void {
    breakCircle(this.system.asks, key, ask => this.#isBlocked(ask))
  }

  #isBlocked({ to, type }: PendingAsk): boolean {
    const { partition, name } = splitAddress(to)
    return this.system.partition(partition)?.registry.named(name)?.isBlocked(type) ?? false
  }

  async readBack(mailbox: Mailbox, { priority, places }: ReadBack): Promise<void> {
    const missing = new Map(places.map(({ seq, place }) => [seq, place]))
    const [first] = places
    if (!first) return
    try {
      await this.watermark.reached()
      for await (const { entries } of this.system.journal.read(this.address, first.seq)) {
        for (const entry of entries) {
          if (!('envelope' in entry)) continue
          const place = missing.get(entry.envelope.seq)
          if (place === undefined) continue
          mailbox.load(priority, place, entry.envelope)
          missing.delete(entry.envelope.seq)
        }
        if (missing.size === 0) return
      }
      throw new Error(`it holds none of the positions ${[...missing.keys()].join(', ')}`)
    } catch (error) {
      // What was accepted would be lost: the same as a journal that takes no more.
      if (!this.watermark.failure) this.#onFailure(new JournalReadError(this.address, error))
    }
  }
}

/** An agent threw while it handled something. */
export class AgentFailedError extends TroupeError {
  readonly code = 'AGENT_FAILED'
  readonly address: Address
  /** The type of what it was handling. */
  readonly handled: string
  constructor(address: Address, handled: string, cause: unknown) {
    super(`"${address}" failed${whileIn(handled)}: ${textOf(cause).replace(/\.$/, '')}. Mend its machine.`, { cause })
    this.address = address
    this.handled = handled
  }
}

function whileIn(handled: string): string {
  if (handled === 'xstate.init') return ' while it started'
  if (handled === 'outcome') return ' while it handled the outcome of what it had invoked'
  return handled === unkept ? '' : ` while it handled "${handled}"`
}

/** A watcher threw. */
export class WatcherError extends TroupeError {
  readonly code = 'WATCHER_FAILED'
  readonly address: Address
  constructor(address: Address, cause: unknown) {
    super(`A watcher of "${address}" failed: ${textOf(cause)}. The others were told all the same.`, { cause })
    this.address = address
  }
}

function placed(stack: string | undefined): { readonly stack?: string } {
  return stack === undefined ? {} : { stack }
}

/** Of each agent that stepped, how its machine was after the last of these steps. */
function checkpointsOf(shown: readonly Shown[]): Checkpoints | undefined {
  let checkpoints: Map<string, Checkpoint | undefined> | undefined
  for (const { step, frame, checkpoints: others } of shown) {
    for (const [agent, checkpoint] of others ?? []) (checkpoints ??= new Map()).set(agent, checkpoint)
    // One that ignored something is as it was.
    if (step && step.outcome !== 'ignored')
      (checkpoints ??= new Map()).set(step.actor.name, new StepCheckpoint(step, frame.position))
    if (frame.cause.kind !== 'supervision') continue
    for (const entry of frame.entries)
      if (entry.kind === 'agent' && entry.what === 'stopped')
        (checkpoints ??= new Map()).set(splitAddress(entry.agent).name, undefined)
  }
  return checkpoints
}

/** What the things that an event leads to are caused by. */
export function originOf({ id, correlationid }: Envelope): Origin {
  return { correlationid, causationid: id }
}
