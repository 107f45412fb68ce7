import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor, ActorHost } from '../actor/actor.ts'
import { type Address, partyOf } from '../actor/address.ts'
import { AskRefusedError, AskStoppedError, type AskTable } from '../actor/ask.ts'
import type { Bus } from '../actor/bus.ts'
import type { DeadLetters, DeadReason } from '../actor/dead-letters.ts'
import { Delivery } from '../actor/delivery.ts'
import { type Envelope, eventOf } from '../actor/envelope.ts'
import type { Handled, Origin } from '../actor/handled.ts'
import type { ReadyQueue } from '../actor/ready-queue.ts'
import { Registry } from '../actor/registry.ts'
import type { Step } from '../actor/step.ts'
import type { Tally } from '../actor/tally.ts'
import type { Timers } from '../actor/timers.ts'
import type { Clock } from '../clock.ts'
import { codeOf, TroupeError, textOf } from '../errors.ts'
import type { Catalog } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { deadLettered, systemError } from '../events/runtime-events.ts'
import type { Ids } from '../ids.ts'
import type { Cause, Entry } from '../journal/frame.ts'
import type { Journal, JournalAppendError } from '../journal/journal.ts'
import { type Appended, Watermark } from '../journal/watermark.ts'
import { Activity } from './activity.ts'

/** What all partitions of a runtime share. */
export interface Shared {
  readonly clock: Clock
  readonly ids: Ids
  readonly timers: Timers
  readonly ready: ReadyQueue
  readonly journal: Journal
  readonly bus: Bus
  readonly asks: AskTable
  readonly deadLetters: DeadLetters
  readonly tally: Tally
  /** The effect that is running, in whatever that effect calls. */
  readonly insideEffect: AsyncLocalStorage<RunningEffect>
  /** The agent whose step is under way, in whichever partition. */
  stepping: Actor | undefined
  catalog: Catalog
  partition(address: Address): Partition | undefined
  /** @throws RuntimeStateError while the runtime takes no work */
  checkRunning(): void
  /** Lets agents outside the parties hear what a party said. */
  overhear(envelope: Envelope): void
}

/** An effect, while it runs. */
export interface RunningEffect {
  readonly partition: Partition
  isOver: boolean
}

/** The state that belongs to a partition, if it is a party's. */
export interface PartitionState<T> {
  readonly live: T
  apply(events: readonly Envelope[]): void
  show(state: T): void
}

/** A frame, and what becomes visible with it. */
interface Shown extends Appended {
  readonly said: readonly Envelope[]
  readonly step: Step | undefined
  readonly state: unknown
}

/** How an event from outside travels. */
export interface PublishOptions {
  /** 1 is most urgent, 10 least; that of its definition by default. */
  readonly priority?: number
  /** Joins the event to others that one first event led to; its own id by default. */
  readonly correlationId?: string
}

/** What is known of an event that is about to be said; the rest is derived. */
export interface Facts {
  readonly source?: Address
  readonly id?: string
  readonly priority?: number | undefined
  readonly correlationid?: string | undefined
  readonly causationid?: string | undefined
  readonly to?: Address | undefined
  readonly ask?: string
}

/** Requests and replies have no version and no priority of their own. */
const plainly = { version: 1, priority: 5 }

/**
 * The unit of consistency: agents at addresses, one journal partition, and what happens to an event between two of them.
 * A party is a partition with a state; the agents outside all parties live in the partition `runtime`.
 */
export class Partition implements ActorHost {
  readonly address: Address
  readonly party: string | undefined
  readonly shared: Shared
  readonly registry = new Registry()
  readonly delivery: Delivery
  readonly activity: Activity
  readonly watermark: Watermark<Shown>
  readonly #state: PartitionState<unknown> | undefined
  #seq = 0

  constructor(
    shared: Shared,
    address: Address,
    state: PartitionState<unknown> | undefined,
    onFailure: (error: JournalAppendError) => void,
  ) {
    this.shared = shared
    this.address = address
    this.party = partyOf(address)
    this.#state = state
    this.delivery = new Delivery(this.registry, shared.tally, (actor, envelope, reason) =>
      this.refuse(actor, envelope, reason),
    )
    this.watermark = new Watermark(shared.journal, address, 1, {
      durable: appended => this.#show(appended),
      failed: onFailure,
      fault: error => this.fault(error),
    })
    this.activity = new Activity(() => this.watermark.caughtUp)
  }

  get ready(): ReadyQueue {
    return this.shared.ready
  }

  /** The agent whose step is under way. */
  get stepping(): Actor | undefined {
    return this.shared.stepping
  }

  // ---- positions and frames ----

  nextSeq(): number {
    return ++this.#seq
  }

  now(): number {
    return this.shared.clock.now()
  }

  persists(type: string): boolean {
    return this.shared.catalog.event(type).persist
  }

  /** Appends a frame: state events apply, in journal order; what was said becomes visible when it is durable. */
  append(cause: Cause, entries: readonly Entry[], said: readonly Envelope[] = [], step?: Step): void {
    const { address: partition, watermark } = this
    const frame = { partition, position: watermark.head + 1, time: this.now(), cause, entries }
    // Before anything is appended, because an event that cannot be applied must not be journalled either.
    this.#state?.apply(entries.flatMap(entry => (entry.kind === 'event' ? [entry.envelope] : [])))
    watermark.append({ frame, said, step, state: this.#state?.live })
  }

  /** Appends that something ended outside the step that wanted it, and says which position that is. */
  appendOutcome(entry: (seq: number) => Entry, type: string, origin: Origin): Handled {
    const seq = this.nextSeq()
    this.append({ kind: 'outcome' }, [entry(seq)])
    return { seq, type, correlationid: origin.correlationid, causationid: origin.causationid }
  }

  #show({ said, step, state }: Shown): void {
    if (state !== undefined) this.#state?.show(state)
    step?.actor.show(step.snapshot)
    for (const envelope of said) this.#tell(envelope)
    this.activity.check()
  }

  #tell(envelope: Envelope): void {
    this.shared.bus.tell(envelope)
    this.shared.overhear(envelope)
  }

  /** Makes the envelope of an event that is said here now. */
  seal({ type, data }: EventOf, facts: Facts = {}): Envelope {
    const id = facts.id ?? this.shared.ids.next()
    const { version, priority } = facts.ask === undefined ? this.shared.catalog.event(type) : plainly
    return {
      id,
      seq: this.nextSeq(),
      source: facts.source ?? this.address,
      type,
      data,
      time: this.now(),
      version,
      priority: facts.priority ?? priority,
      correlationid: facts.correlationid ?? id,
      ...(facts.causationid !== undefined && { causationid: facts.causationid }),
      ...(this.party !== undefined && { party: this.party }),
      ...(facts.to !== undefined && { to: facts.to }),
      ...(facts.ask !== undefined && { ask: facts.ask }),
    }
  }

  // ---- events from outside and from the runtime ----

  /** Appends and delivers an event from outside; resolves when it is durable. */
  async publish(event: EventOf, options: PublishOptions & { readonly to?: Actor } = {}): Promise<Envelope> {
    const { priority, correlationId: correlationid, to } = options
    const envelope = this.seal(event, { priority, correlationid, to: to?.address })
    const persists = this.persists(event.type)
    if (persists) this.append({ kind: 'outside' }, [{ kind: 'event', envelope }], [envelope])
    if (to) this.delivery.deliverTo(to, envelope)
    else this.delivery.deliver(envelope)
    if (persists) await this.watermark.reached()
    else this.#tell(envelope)
    return envelope
  }

  /** Delivers an event that another partition said, as a position of this one. */
  hear(envelope: Envelope): void {
    if (this.registry.hearers(envelope.type).length === 0) return
    const here: Envelope = { ...envelope, seq: this.nextSeq() }
    if (this.persists(here.type)) this.append({ kind: 'outside' }, [{ kind: 'event', envelope: here }])
    this.delivery.deliver(here)
  }

  /** Says an event of the runtime's own: agents hear it at once, subscribers when what it tells of is durable. */
  report(event: EventOf, origin?: Origin): void {
    const envelope = this.seal(event, { ...origin })
    this.delivery.deliver(envelope)
    this.watermark.whenDurable(
      () => this.#tell(envelope),
      // What the journal refused never happened; that it refused is told by `reportNow`.
      () => {},
    )
  }

  /** Says an event at once: it tells of a journal that refuses, and waiting for that would be waiting for ever. */
  reportNow(event: EventOf): void {
    this.shared.bus.tell(this.seal(event))
  }

  /** Reports an error as an event, without its payloads. */
  reportError(severity: 'warning' | 'error' | 'critical', error: unknown, address: Address = this.address): void {
    const event = systemError({ severity, code: codeOf(error), message: textOf(error), address })
    if (this.watermark.failure) this.reportNow(event)
    else this.report(event)
  }

  /** Delivers a request to one of its agents. */
  deliverAsk(actor: Actor, request: EventOf & { readonly ask: string }, source: Address, origin?: Origin): void {
    const envelope = this.seal(request, { ...origin, source, to: actor.address, ask: request.ask })
    this.append({ kind: 'outside' }, [{ kind: 'asked', envelope }])
    this.delivery.deliverTo(actor, envelope)
  }

  // ---- what others get wrong ----

  guard(what: Address, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.reportError('warning', new WatcherError(what, error))
    }
  }

  fault(error: unknown): void {
    this.reportError('error', error)
  }

  // ---- dead letters ----

  /** Records that an event will not be handled, and lets its asker know. */
  refuse(actor: Actor, envelope: Envelope, reason: 'stopped' | 'overflow'): void {
    this.shared.tally.dead++
    const { type, id } = envelope
    const { address } = actor
    this.append({ kind: 'supervision' }, [{ kind: 'dead', seq: this.nextSeq(), id, to: address, reason }])
    this.bury(envelope, address, reason)
    this.failAsk(
      envelope,
      reason === 'stopped' ? new AskStoppedError(type, address) : new AskRefusedError(type, address, reason),
    )
  }

  /** Keeps an event that could not be delivered, and tells of it. */
  bury(envelope: Envelope, to: Address, reason: DeadReason): void {
    this.shared.deadLetters.add({ envelope, to, reason, time: this.now() })
    // A dead letter about a dead letter would never end.
    if (envelope.type !== deadLettered.type)
      this.report(deadLettered({ id: envelope.id, type: envelope.type, to, reason }), originOf(envelope))
  }

  /** Lets the asker of a request know, unless its answer is in a frame already. */
  failAsk(envelope: Envelope | undefined, error: TroupeError): void {
    const { asks } = this.shared
    if (envelope?.ask !== undefined && !asks.get(envelope.ask)?.answered) asks.fail(envelope.ask, error)
  }

  // ---- turns ----

  duringTurn<T>(actor: Actor, turn: () => T): T {
    const outer = this.shared.stepping
    this.shared.stepping = actor
    try {
      return turn()
    } finally {
      this.shared.stepping = outer
    }
  }

  working(): void {
    this.activity.begin()
  }

  resting(): void {
    this.activity.end()
  }

  handle(actor: Actor, envelope: Envelope): void {
    const { seq, type, ask } = envelope
    const asked = ask === undefined ? undefined : this.shared.asks.get(ask)
    if (asked) asked.takenBy = actor.incarnation
    actor.announce({ seq, type, envelope, ...originOf(envelope) })
    actor.ref?.send(eventOf(envelope))
  }
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

/** What the things that an event leads to are caused by. */
export function originOf({ id, correlationid }: Envelope): Origin {
  return { correlationid, causationid: id }
}
