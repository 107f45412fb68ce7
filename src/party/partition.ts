import type { AsyncLocalStorage } from 'node:async_hooks'
import type { AnyActorRef, EventObject } from 'xstate'
import { Actor, type ActorHost } from '../actor/actor.ts'
import { type Address, NoAddressError, partyOf, splitAddress } from '../actor/address.ts'
import { AskFailedError, AskRefusedError, AskStoppedError, type AskTable } from '../actor/ask.ts'
import type { Bus } from '../actor/bus.ts'
import type { DeadLetters, DeadReason } from '../actor/dead-letters.ts'
import { type Envelope, eventOf } from '../actor/envelope.ts'
import type { ReadyQueue } from '../actor/ready-queue.ts'
import { failureOf, type Handled, type Output, type Step, type StepHost, StraySendError } from '../actor/step.ts'
import type { Tally } from '../actor/tally.ts'
import type { Timers } from '../actor/timers.ts'
import type { Clock } from '../clock.ts'
import { TroupeError, textOf } from '../errors.ts'
import { type Catalog, isRequest, UnknownEventError } from '../events/catalog.ts'
import type { EventDefinition, EventOf } from '../events/event.ts'
import { agentFailed, deadLettered, systemError } from '../events/runtime-events.ts'
import type { Ids } from '../ids.ts'
import type { Cause, Entry, Frame } from '../journal/frame.ts'
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
  /** The partition whose effect is running, in whatever that effect calls. */
  readonly insideEffect: AsyncLocalStorage<Partition>
  catalog: Catalog
  partition(address: Address): Partition | undefined
  /** Lets agents outside the parties hear what a party said. */
  overhear(envelope: Envelope): void
}

/** The state that belongs to a partition, if it is a party's. */
export interface PartitionState<T> {
  readonly live: T
  apply(envelope: Envelope): void
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

/**
 * The unit of consistency: agents at addresses, one journal partition, and the single road on which events move between
 * them. A party is a partition with a state; the agents outside all parties live in the partition `runtime`.
 */
export class Partition implements StepHost, ActorHost {
  readonly address: Address
  readonly party: string | undefined
  readonly shared: Shared
  readonly activity: Activity
  readonly watermark: Watermark<Shown>
  readonly #state: PartitionState<unknown> | undefined
  readonly #actors = new Map<string, Actor>()
  readonly #refs = new WeakMap<AnyActorRef, Actor>()
  readonly #hearers = new Map<string, Actor[]>()
  #planned: Entry[] = []
  #onTurn: Actor | undefined
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
    this.watermark = new Watermark(shared.journal, address, 1, {
      durable: appended => this.#show(appended),
      failed: onFailure,
    })
    this.activity = new Activity(() => this.watermark.caughtUp)
  }

  get ready(): ReadyQueue {
    return this.shared.ready
  }

  get actors(): Iterable<Actor> {
    return this.#actors.values()
  }

  actor(name: string): Actor | undefined {
    return this.#actors.get(name)
  }

  /** The one agent that hears a request. */
  hearerOf(type: string): Actor | undefined {
    return this.#hearers.get(type)?.[0]
  }

  /** Gives an agent its address and mailbox; mail waits for its start. */
  register(actor: Actor): void {
    this.#actors.set(actor.name, actor)
    for (const { type } of actor.agent.hears) {
      const hearers = this.#hearers.get(type)
      if (hearers) hearers.push(actor)
      else this.#hearers.set(type, [actor])
    }
  }

  /** Takes an agent off the bus; its address stays known, as stopped. */
  unregister(actor: Actor): void {
    for (const { type } of actor.agent.hears) {
      const hearers = this.#hearers.get(type)?.filter(other => other !== actor) ?? []
      if (hearers.length > 0) this.#hearers.set(type, hearers)
      else this.#hearers.delete(type)
    }
  }

  bindRef(ref: AnyActorRef, actor: Actor): void {
    this.#refs.set(ref, actor)
  }

  agentAt(ref: AnyActorRef): Actor | undefined {
    return this.#refs.get(ref)
  }

  // ---- positions and frames ----

  nextSeq(): number {
    return ++this.#seq
  }

  /** Appends a frame: state events apply, in journal order; what was said becomes visible when it is durable. */
  append(cause: Cause, entries: readonly Entry[], said: readonly Envelope[] = [], step?: Step): void {
    const frame: Frame = {
      partition: this.address,
      position: this.watermark.head + 1,
      time: this.shared.clock.now(),
      cause,
      entries,
    }
    for (const envelope of said) this.#state?.apply(envelope)
    this.watermark.append({ frame, said, step, state: this.#state?.live })
  }

  /** Appends what ended outside the agent, and says which position that is. */
  appendOutcome(entry: (seq: number) => Entry, type: string, correlationid: string): Handled {
    const seq = this.nextSeq()
    this.append({ kind: 'outcome' }, [entry(seq)])
    return { seq, type, correlationid }
  }

  #show({ said, step, state }: Shown): void {
    if (state !== undefined) this.#state?.show(state)
    if (step) step.actor.shown = step.snapshot
    for (const envelope of said) {
      this.shared.bus.tell(envelope)
      this.shared.overhear(envelope)
    }
    this.activity.check()
  }

  // ---- events from outside and from the runtime ----

  /** Appends and delivers an event from outside; resolves when it is durable. */
  async publish(event: EventOf, options: PublishOptions & { readonly to?: Actor } = {}): Promise<Envelope> {
    const definition = this.shared.catalog.event(event.type)
    const envelope = this.#envelope(event, definition, this.address, this.shared.ids.next(), options)
    if (definition.persist) {
      this.append({ kind: 'outside' }, [{ kind: 'event', envelope }], [envelope])
      this.#deliver(envelope)
      await this.watermark.reached()
    } else {
      this.#deliver(envelope)
      this.shared.bus.tell(envelope)
      this.shared.overhear(envelope)
    }
    return envelope
  }

  /** Delivers an event that another partition said, as a position of this one. */
  hear(envelope: Envelope): void {
    if (!this.#hearers.has(envelope.type)) return
    const here: Envelope = { ...envelope, seq: this.nextSeq() }
    if (this.shared.catalog.event(here.type).persist)
      this.append({ kind: 'outside' }, [{ kind: 'event', envelope: here }])
    this.#deliver(here)
  }

  /** Says an event of the runtime's own: agents hear it at once, subscribers when what it tells of is durable. */
  report(event: EventOf): void {
    const definition = this.shared.catalog.event(event.type)
    const envelope = this.#envelope(event, definition, this.address, this.shared.ids.next(), {})
    this.#deliver(envelope)
    const tell = () => this.shared.bus.tell(envelope)
    // What the journal refused never happened; that it refused is told by the partition `runtime`.
    this.watermark.whenDurable(tell, () => {})
  }

  /** Says an event at once: it tells of a journal that refuses, and waiting for that journal would be waiting for ever. */
  reportNow(event: EventOf): void {
    const definition = this.shared.catalog.event(event.type)
    this.shared.bus.tell(this.#envelope(event, definition, this.address, this.shared.ids.next(), {}))
  }

  /** Reports an error as an event, without its payloads. */
  reportError(severity: 'warning' | 'error' | 'critical', error: unknown, address: Address = this.address): void {
    const code = TroupeError.is(error) ? error.code : 'UNEXPECTED'
    this.report(systemError({ severity, code, message: textOf(error), address }))
  }

  #envelope(
    { type, data }: EventOf,
    { version, priority }: Pick<EventDefinition, 'version' | 'priority'>,
    source: Address,
    id: string,
    options: PublishOptions & { readonly to?: Actor; readonly causationid?: string; readonly ask?: string },
  ): Envelope {
    return {
      id,
      seq: this.nextSeq(),
      source,
      type,
      data,
      time: this.shared.clock.now(),
      version,
      priority: options.priority ?? priority,
      correlationid: options.correlationId ?? id,
      ...(options.causationid !== undefined && { causationid: options.causationid }),
      ...(this.party !== undefined && { party: this.party }),
      ...(options.to && { to: options.to.address }),
      ...(options.ask !== undefined && { ask: options.ask }),
    }
  }

  // ---- the single road ----

  #deliver(envelope: Envelope): void {
    if (envelope.to !== undefined) {
      return this.deliverTo(this.#actorAt(envelope.to), envelope)
    }
    for (const actor of this.#hearers.get(envelope.type) ?? []) this.deliverTo(actor, envelope)
  }

  /** Hands an event to one agent's mailbox; what cannot wait there is a dead letter. */
  deliverTo(actor: Actor, envelope: Envelope): void {
    this.shared.tally.created++
    if (actor.status === 'stopped') return this.refuse(actor, envelope, 'stopped')
    if (!actor.mailbox.offer(envelope)) return this.refuse(actor, envelope, 'overflow')
    actor.wake()
  }

  /** Delivers a request that an agent of another partition, or nobody's agent, asks. */
  deliverAsk(actor: Actor, request: EventOf & { readonly ask: string }, from: Address, correlationId?: string): void {
    const options = { to: actor, ask: request.ask, ...(correlationId !== undefined && { correlationId }) }
    const envelope = this.#envelope(request, { version: 1, priority: 5 }, from, this.shared.ids.next(), options)
    this.append({ kind: 'outside' }, [{ kind: 'asked', envelope }])
    this.deliverTo(actor, envelope)
  }

  /** Records that an event will not be handled, and lets its asker know. */
  refuse(actor: Actor, envelope: Envelope, reason: 'stopped' | 'overflow'): void {
    this.shared.tally.dead++
    this.append({ kind: 'supervision' }, [this.#deadEntry(envelope.id, actor.address, reason)])
    this.#bury(envelope, actor.address, reason)
    if (envelope.ask === undefined) return
    const { type } = envelope
    const error =
      reason === 'stopped'
        ? new AskStoppedError(type, actor.address)
        : new AskRefusedError(type, actor.address, 'overflow')
    this.shared.asks.fail(envelope.ask, error)
  }

  #deadEntry(id: string, to: Address, reason: DeadReason): Entry {
    return { kind: 'dead', seq: this.nextSeq(), id, to, reason }
  }

  #bury(envelope: Envelope, to: Address, reason: DeadReason): void {
    this.shared.deadLetters.add({ envelope, to, reason, time: this.shared.clock.now() })
    // A dead letter about a dead letter would never end.
    if (envelope.type !== deadLettered.type)
      this.report(deadLettered({ id: envelope.id, type: envelope.type, to, reason }))
  }

  // ---- turns and steps ----

  duringTurn(actor: Actor, turn: () => void): void {
    this.#onTurn = actor
    try {
      turn()
    } finally {
      this.#onTurn = undefined
    }
  }

  working(): void {
    this.activity.begin()
  }

  resting(): void {
    this.activity.end()
  }

  handle(actor: Actor, envelope: Envelope): void {
    const { seq, type, correlationid, id } = envelope
    const asked = envelope.ask === undefined ? undefined : this.shared.asks.get(envelope.ask)
    if (asked) asked.takenBy = actor.incarnation
    actor.announce({ seq, type, correlationid, causationid: id, envelope })
    actor.ref?.send(eventOf(envelope))
  }

  admit(actor: Actor, { type }: EventObject): boolean {
    if (this.#onTurn && this.#onTurn !== actor) {
      this.reportError('error', new StraySendError(this.#onTurn.address, type), this.#onTurn.address)
      return false
    }
    const entry = (seq: number): Entry => ({ kind: 'internal', seq, agent: actor.address, type })
    actor.announce(this.appendOutcome(entry, type, actor.handled?.correlationid ?? actor.address))
    return true
  }

  check({ agent }: Actor, event: EventObject & { readonly ask?: unknown }) {
    const isReply = typeof event.ask === 'string' && event.type.endsWith('.reply')
    const type = isReply ? event.type.slice(0, -'.reply'.length) : event.type
    const said = agent.says.find(definition => definition.type === type)
    if (!said || isRequest(said) !== isReply)
      throw new UnknownEventError(
        event.type,
        agent.says.map(one => one.type),
      )
    if (isReply && typeof event.ask === 'string')
      return { kind: 'reply' as const, event: this.shared.catalog.checkReply({ ...event, ask: event.ask }) }
    return { kind: 'emit' as const, event: this.shared.catalog.check(event) }
  }

  /** Notes that the step under way wants outside work, for its frame. */
  plan(entry: Entry): void {
    this.#planned.push(entry)
  }

  /** The agent whose step is under way. */
  get stepping(): Actor | undefined {
    return this.#onTurn
  }

  /** An agent's initial state is a step too, in the middle of nobody's turn or of its own. */
  beginStart(actor: Actor): void {
    this.#onTurn = actor
  }

  endStart(): void {
    this.#onTurn = undefined
  }

  commit(step: Step): () => void {
    const { actor, handled } = step
    const entries: Entry[] = []
    const said: Envelope[] = []
    for (const output of step.outputs) this.#record(output, actor, handled, entries, said)
    if (step.outcome !== 'failed') entries.push(...this.#planned)
    this.#planned = []
    const dead = this.#deadReason(step)
    if (dead && handled.envelope) entries.push(this.#deadEntry(handled.envelope.id, actor.address, dead))
    this.append(
      {
        kind: 'step',
        agent: actor.address,
        incarnation: actor.incarnation,
        handled: handled.seq,
        type: handled.type,
        outcome: step.outcome,
        ...(step.outcome === 'failed' && { error: failureOf(step) }),
      },
      entries,
      said,
      step,
    )
    return () => this.#release(step, said, dead)
  }

  #record(output: Output, actor: Actor, handled: Handled, entries: Entry[], said: Envelope[]): void {
    const agent = actor.address
    switch (output.kind) {
      case 'emit':
      case 'send': {
        const definition = this.shared.catalog.event(output.event.type)
        const id = `${this.address}/${handled.seq}/${actor.name}/${said.length}`
        const to = output.kind === 'send' ? this.#actorAt(output.to) : undefined
        const envelope = this.#envelope(output.event, definition, agent, id, {
          correlationId: handled.correlationid,
          ...(handled.causationid !== undefined && { causationid: handled.causationid }),
          ...(to && { to }),
        })
        said.push(envelope)
        if (definition.persist) entries.push({ kind: 'event', envelope })
        return
      }
      case 'reply':
        entries.push({ kind: 'reply', seq: this.nextSeq(), key: output.event.ask, data: output.event.data })
        return
      case 'timer':
        entries.push({
          kind: 'timer',
          seq: this.nextSeq(),
          agent,
          id: output.id,
          at: this.shared.clock.now() + output.delay,
        })
        return
      case 'cancel':
        entries.push({ kind: 'cancelled', seq: this.nextSeq(), agent, id: output.id })
        return
      case 'invoke':
      case 'stop':
      case 'custom':
        return
    }
  }

  #actorAt(address: Address): Actor {
    const actor = this.#actors.get(splitAddress(address).name)
    if (!actor) throw new NoAddressError(address)
    return actor
  }

  #deadReason({ outcome, handled }: Step): DeadReason | undefined {
    if (!handled.envelope) return undefined
    if (outcome === 'failed') return 'failed'
    return outcome === 'ignored' && handled.envelope.to !== undefined ? 'ignored' : undefined
  }

  #release(step: Step, said: readonly Envelope[], dead: DeadReason | undefined): void {
    const { actor, handled, outcome } = step
    if (handled.envelope) {
      this.shared.tally[dead === 'ignored' ? 'dead' : outcome]++
      if (dead) this.#bury(handled.envelope, actor.address, dead)
    }
    if (outcome === 'failed') this.#tellFailed(step)
    if (dead === 'ignored')
      this.#failAsk(handled.envelope, new AskRefusedError(handled.type, actor.address, 'not-handled'))
    for (const envelope of said) this.#deliver(envelope)
    for (const output of step.outputs) if (output.kind === 'reply') this.#reply(output.event, actor, handled)
  }

  #tellFailed(step: Step): void {
    const { address, incarnation } = step.actor
    this.report(agentFailed({ address, incarnation, handled: step.handled.type, error: failureOf(step) }))
    this.#failAsk(step.handled.envelope, new AskFailedError(step.handled.type, address, failureOf(step)))
  }

  #failAsk(envelope: Envelope | undefined, error: TroupeError): void {
    if (envelope?.ask !== undefined) this.shared.asks.fail(envelope.ask, error)
  }

  #reply(event: EventOf & { readonly ask: string }, actor: Actor, handled: Handled): void {
    const { asks } = this.shared
    const pending = asks.get(event.ask)
    const close = () => {
      if (!asks.close(event.ask, { ok: true, output: event.data })) this.#staleReply(event, actor, handled)
    }
    if (!pending) this.#staleReply(event, actor, handled)
    else if (pending.partition === this.address) close()
    // The answer leaves this partition, so it waits until it cannot be lost.
    else this.watermark.whenDurable(close, error => asks.fail(event.ask, error))
  }

  #staleReply(event: EventOf & { readonly ask: string }, actor: Actor, { correlationid, causationid }: Handled): void {
    const definition = { version: 1, priority: 5 }
    const envelope = this.#envelope(event, definition, actor.address, this.shared.ids.next(), {
      correlationId: correlationid,
      ask: event.ask,
      ...(causationid !== undefined && { causationid }),
    })
    this.append({ kind: 'supervision' }, [this.#deadEntry(envelope.id, event.ask, 'stale')])
    this.#bury(envelope, event.ask, 'stale')
  }

  failedAfter(step: Step, error: unknown): void {
    this.#tellFailed({ ...step, error })
  }
}
