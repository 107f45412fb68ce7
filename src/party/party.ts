import type { Registry } from '../actor/registry.ts'
import type { TroupeError } from '../errors.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { partyRecovered } from '../events/runtime-events.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Entry, PartyMetadata } from '../journal/frame.ts'
import type { JournalError } from '../journal/journal.ts'
import type { Recalled } from '../journal/recall.ts'
import { AgentRef } from '../lifecycle/agent-ref.ts'
import { Crew } from '../lifecycle/crew.ts'
import { type PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import { addressOf, NoAddressError, partitionOf, runtimePartition } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Idle } from '../partition/activity.ts'
import type { PublishOptions } from '../partition/offer.ts'
import { Partition } from '../partition/partition.ts'
import { publish } from '../partition/publish.ts'
import { publishTogether } from '../partition/publish-together.ts'
import type { System } from '../partition/system.ts'
import type { SavedParty } from '../recovery/needs.ts'
import { admitVersion, type ChangeOptions, checkChangeOptions, InputNotAddedError } from '../state/admission.ts'
import type {
  AddedEvent,
  Figures,
  InputFor,
  InputOf,
  InputsChange,
  PartyDefinition,
  PayloadOf,
  RemovalFor,
  RemovedEvent,
} from '../state/definition.ts'
import { figuresOf } from '../state/stats.ts'
import { type PartyState, PartyStore, type Unwatch } from '../state/store.ts'
import { EscalatedError, type RestartIntensity } from '../supervision/restart-intensity.ts'
import { recordedCause } from '../thrown.ts'
import { type IdleOptions, idle } from './idle.ts'
import { InputEvents } from './input-events.ts'
import { PartyFailedError, PartyStoppedError } from './party-end.ts'

const changeNames: OptionNames<InputsChange<AddedEvent, RemovedEvent>> = { add: true, remove: true }

/** The parts of a party, besides its definition. */
interface PartyParts {
  readonly system: System<Partition>
  readonly intensity: RestartIntensity
  /** The journal accepts no more frames of the party. */
  quarantine(error: JournalError): void
}

/**
 * A group of agents at work on one thing: supervised, talking over the bus and through mailboxes, sharing one immutable
 * state. Made by `runtime.parties.create`.
 *
 * @example
 * const party = await runtime.parties.create({ inputs: ['jungle theme party for 75 guests'] })
 * await party.idle()
 * console.log(party.state.plan)
 */
export class Party<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly id: string
  readonly #definition: PartyDefinition<S, A, R>
  readonly #parts: PartyParts
  readonly #store: PartyStore<S, A, R>
  readonly #inputs: InputEvents<A, R>
  #partition: Partition
  #crew: Crew
  #ended: TroupeError | undefined
  /** Why it ended, before it was restored the last time. */
  #endedBefore: TroupeError | undefined
  /** The agents that it had before that. Their watchers move to the restored agents. */
  #former: Registry | undefined

  constructor(id: string, definition: PartyDefinition<S, A, R>, parts: PartyParts) {
    const { system } = parts
    this.id = id
    this.#definition = definition
    this.#parts = parts
    this.#store = new PartyStore(
      definition,
      call => this.#partition.reports.guard(this.#partition.address, call),
      envelope => system.catalog.lifted(envelope),
    )
    this.#inputs = new InputEvents(id, definition.inputs, () => system.ids.next())
    this.#partition = this.#newPartition()
    this.#crew = this.#newCrew()
  }

  #newPartition(): Partition {
    const partition: Partition = new Partition(this.#parts.system, partitionOf(this.id), {
      state: this.#store,
      admit: events => this.#admit(events, {}, partition),
      failed: error => {
        // The recovered party does not depend on the partition that it had before.
        if (partition === this.#partition) this.#quarantine(error)
      },
    })
    return partition
  }

  #newCrew(): Crew {
    const options = { intensity: this.#parts.intensity, ...this.#definition.supervision }
    return new Crew(this.#partition, options, (error, escalated) => this.#giveUp(error, escalated))
  }

  /** Its partition; a new one when it is restored. @internal */
  get partition(): Partition {
    return this.#partition
  }

  /** Looks after its agents; a new one when it is restored. @internal */
  get crew(): Crew {
    return this.#crew
  }

  /** The newest durable state. */
  get state(): PartyState<S, InputOf<A>> {
    return this.#store.shown
  }

  /** Counts the events that changed the state. */
  get version(): number {
    return this.state.version
  }

  /** The version of the newest state, durable or not. @internal */
  get liveVersion(): number {
    return this.#store.live.version
  }

  /**
   * Adds an input; resolves with it when it is durable.
   *
   * @param input a text, or the payload of the application's event (source, tags, metadata, who added it, an id of yours)
   * @throws EventPayloadError, DuplicateInputError, InputNotAddedError, VersionConflictError, UnknownOptionError, PartyStoppedError, PartyFailedError, JournalAppendError
   */
  async addInput(input: string | InputFor<A>, options: ChangeOptions = {}): Promise<InputOf<A>> {
    checkChangeOptions('party.addInput', options)
    const event = this.#inputs.added(input)
    this.#checkChange(options)
    const [added] = this.#inputs.addedIn(await publishTogether(this.#partition, [event], this.#admitting(options)))
    if (!added) throw new InputNotAddedError(this.id, event.data.inputId)
    return added
  }

  /**
   * Removes an input; the application removes what it made of it. Resolves when the removal is durable.
   *
   * @param removal who removed it and why: the payload of the application's event
   * @throws InputNotFoundError, EventPayloadError, VersionConflictError, UnknownOptionError, PartyStoppedError, PartyFailedError, JournalAppendError
   */
  async removeInput(inputId: string, removal?: RemovalFor<R>, options: ChangeOptions = {}): Promise<void> {
    checkChangeOptions('party.removeInput', options)
    const event = this.#definition.inputs.removed({ ...removal, inputId })
    this.#checkChange(options)
    await publish(this.#partition, event, { admit: this.#admitting(options) })
  }

  /**
   * Removes and adds inputs in one change, removals first: all of it happens, or nothing. Resolves with the added inputs when
   * it is durable. While a mailbox of an agent that hears the change is full, the whole change waits, as one input does. Then all of
   * it is delivered, and what does not fit into the mailbox waits in the journal.
   *
   * @example
   * const [cake] = await party.update({ add: ['vegan cake'], remove: [{ inputId: 'inp-1' }] })
   *
   * @param change `add`: as for `addInput`; `remove`: ids, or payloads of the application's event
   * @throws EventPayloadError, DuplicateInputError, InputNotFoundError, VersionConflictError, UnknownOptionError, MailboxFullError,
   *   PartyStoppedError, PartyFailedError, JournalAppendError
   */
  async update(change: InputsChange<A, R>, options: ChangeOptions = {}): Promise<readonly InputOf<A>[]> {
    checkOptionNames('party.update', change, changeNames)
    checkChangeOptions('party.update', options)
    const events = this.#inputs.changed(change)
    this.#checkChange(options)
    return this.#inputs.addedIn(await publishTogether(this.#partition, events, this.#admitting(options)))
  }

  /** Calls back with every new durable state. */
  watch(watcher: (state: PartyState<S, InputOf<A>>) => void): Unwatch {
    return this.#store.watch(watcher)
  }

  /**
   * Waits until the party is at rest: every position is durable, no mail, step, ask or effect is pending, and no timer is due.
   *
   * @param options `timeout` in milliseconds, 60,000 by default; `signal` gives up waiting
   * @throws IdleTimeoutError, WaitInsideError, JournalAppendError, PartyStoppedError, PartyFailedError
   */
  async idle(options?: IdleOptions): Promise<Idle> {
    const rest = await idle(this.#partition, this.#crew, options)
    if (this.#ended instanceof PartyFailedError) throw this.#ended
    return rest
  }

  /** One of its agents. @throws NoAddressError */
  agent(name: string): AgentRef {
    const actor = this.#partition.registry.named(name)
    if (!actor) throw new NoAddressError(addressOf(this.#partition.address, name))
    return new AgentRef(this, actor)
  }

  /** Publishes an event of the application in this party, for `bus.publish`. @internal */
  publish(event: UncheckedEvent, options: PublishOptions & ChangeOptions = {}): Promise<Envelope> {
    this.#checkChange(options)
    return publish(this.#partition, event, { ...options, admit: this.#admitting(options) })
  }

  /** One of its pools. @throws NoAddressError */
  pool(name: string): PoolRef {
    return poolRefAt(this, name)
  }

  /** @internal @throws why it takes no work */
  checkOpen(): void {
    this.#checkChange({})
  }

  /** @internal @throws why its agents cannot be stopped for good: it may be restored with them */
  checkStoppable(): void {
    if (this.#ended && !(this.#ended instanceof PartyStoppedError)) throw this.#ended
  }

  /**
   * Begins the party: all its agents get addresses and mailboxes, start in order, and receive the first inputs.
   *
   * @internal
   */
  async begin(inputs: readonly EventOf<A['type'], PayloadOf<A>>[], metadata?: PartyMetadata): Promise<void> {
    const version = this.#partition.system.catalog.versionOf(this.#definition.inputs.added.type)
    const wanted = inputs.map(({ type, data }) => ({ type, data, ...(version > 1 && { version }) }))
    const seq = this.#partition.nextSeq()
    const created: Entry = { kind: 'party', seq, what: 'created', inputs: wanted, ...(metadata && { metadata }) }
    const agents = this.#crew.begin(this.#definition.tree, undefined, [created])
    // Every promise is awaited here, so that a journal that fails leaves none of them unhandled.
    await Promise.all([this.#crew.begun(agents), this.#started(inputs)])
  }

  /** The agents have started: the first inputs are published. */
  #started(inputs: readonly EventOf[]): Promise<unknown> {
    const started: Entry = { kind: 'party', seq: this.#partition.nextSeq(), what: 'started' }
    if (inputs.length === 0) return Promise.resolve(this.#partition.append({ kind: 'supervision' }, [started]))
    return publishTogether(this.#partition, inputs, this.#admitting({}), [started])
  }

  /** Drops its memory, so that it can be restored from the journal. @internal */
  reopen(): void {
    const { system, registry } = this.#partition
    this.#partition.frames.suspend()
    void system.snapshots.forget(this.#partition)
    this.#endedBefore = this.#ended
    this.#former ??= registry
    this.#partition = this.#newPartition()
    this.#crew = this.#newCrew()
  }

  /** Ends it, because it cannot be restored. @internal */
  dispose(why: TroupeError): void {
    this.#ended = why
    if (this.state.status !== 'error') this.#store.fail()
    this.#partition.frames.suspend()
    void this.#partition.system.snapshots.forget(this.#partition)
    this.#crew.end('failed', this.#ended)
  }

  /** What recovery needs to restore it. @internal */
  get saved(): Omit<SavedParty, 'recovered'> {
    const { tree } = this.#definition
    return {
      partition: this.#partition,
      crew: this.#crew,
      tree,
      state: this.#store,
      former: Array.from(this.#former ?? [], ({ agent }) => agent),
      restored: () => {
        for (const actor of this.#former ?? []) this.#partition.registry.named(actor.name)?.succeed(actor)
        this.#former = undefined
      },
      resume: (recalled, requests) => this.#resume(recalled, requests),
      bindToAsks: () => this.#crew.bindToAsks(),
    }
  }

  #resume({ standing, frames }: Recalled, requests: SavedRequests): void {
    const { birth, gaveUp, inputs } = standing
    if (birth === 'failed') {
      const { address } = this.#partition
      const known = gaveUp ?? { agent: address, restarts: 0, within: 0, error: 'unknown' }
      const { agent, restarts, within, error } = known
      const cause = recordedCause(known)
      this.#ended = new PartyFailedError(
        this.id,
        new EscalatedError(agent, { restarts, within, lastError: error }, cause),
      )
      return
    }
    this.#ended = undefined
    this.#crew.resume(requests)
    this.#partition.report(recoveredEvent(this.id, standing, frames))
    // The process ended while the party was being created: the first inputs are still to be published.
    if (birth === 'created') {
      const { catalog } = this.#partition.system
      this.#started(inputs.map(input => catalog.check({ version: 1, ...input }))).catch((error: unknown) =>
        this.#partition.reportError('error', error),
      )
    }
  }

  /** Checks inputs before anything of a party exists. @internal */
  checkInputs(inputs: readonly (string | InputFor<A>)[]): readonly EventOf<A['type'], PayloadOf<A>>[] {
    return this.#inputs.first(inputs)
  }

  /** Stops its agents in order; resolves when that is durable. @internal */
  async stop(): Promise<void> {
    if (!this.#ended || this.failed) this.#ended = new PartyStoppedError(this.id)
    this.#crew.end('stopped', this.#ended)
    await this.#crew.closed()
  }

  /** What the application counts in its state. @internal @throws FiguresError */
  get figures(): Figures {
    return figuresOf(this.#definition, this.id, this.state)
  }

  /** Whether it failed, was deleted or stopped: nothing more will happen in it. @internal */
  get ended(): boolean {
    return this.#ended !== undefined
  }

  #admitting(options: ChangeOptions): (events: readonly EventOf[]) => void {
    const partition = this.#partition
    return events => this.#admit(events, options, partition)
  }

  /**
   * Checks changes when they are about to happen, also after they waited for room: whether the party has ended, whether it is still
   * at the version that the caller saw, and whether each event makes sense after the events before it.
   */
  #admit(events: readonly EventOf[], options: ChangeOptions, partition: Partition): void {
    const ended = partition === this.#partition ? this.#ended : this.#endedBefore
    if (ended) throw ended
    const { version, inputs } = this.#store.live
    admitVersion(this.id, version, options)
    this.#inputs.admit(inputs, events)
  }

  #checkChange(options: ChangeOptions): void {
    if (this.#ended) throw this.#ended
    this.#partition.system.checkRunning()
    admitVersion(this.id, this.#store.live.version, options)
  }

  #giveUp(error: EscalatedError, escalated: Entry): void {
    this.#ended = new PartyFailedError(this.id, error)
    const failed: Entry = { kind: 'party', seq: this.#partition.nextSeq(), what: 'failed' }
    this.#partition.append({ kind: 'supervision' }, [escalated, failed])
  }

  /** Whether its supervisor gave up. @internal */
  get failed(): boolean {
    return this.#ended instanceof PartyFailedError
  }

  #quarantine(error: JournalError): void {
    this.#ended = error
    this.#store.fail()
    this.#crew.end('failed', error)
    const { address } = this.#partition
    const { quarantine, system } = this.#parts
    quarantine(error)
    system.partition(runtimePartition)?.reportError('error', error, address)
  }
}

function recoveredEvent(partyId: string, { agents }: Standing, frames: number): EventOf {
  const left = [...agents.values()].filter(({ gone }) => gone === undefined)
  const sum = (of: (one: AgentStanding) => number) => left.reduce((total, one) => total + of(one), 0)
  return partyRecovered({
    partyId,
    frames,
    agents: left.length,
    mail: sum(({ mail }) => mail.size),
    timers: sum(({ timers }) => timers.size),
    works: sum(({ works }) => works.size),
  })
}
