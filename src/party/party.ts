import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { partyRecovered } from '../events/runtime-events.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import type { Entry, FirstInput, PartyMetadata } from '../journal/frame.ts'
import type { Recalled } from '../journal/recall.ts'
import type { IdleOptions } from '../kinds/idle.ts'
import { Life, type LifeGround } from '../kinds/life.ts'
import type { AgentRef } from '../lifecycle/agent-ref.ts'
import { type PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Idle } from '../partition/activity.ts'
import type { PublishOptions } from '../partition/offer.ts'
import type { Partition } from '../partition/partition.ts'
import { publishTogether } from '../partition/publish-together.ts'
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
import { InputEvents } from './input-events.ts'
import { partyErrors } from './party-errors.ts'

const changeNames: OptionNames<InputsChange<AddedEvent, RemovedEvent>> = { add: true, remove: true }

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
  readonly #store: PartyStore<S, A, R>
  readonly #inputs: InputEvents<A, R>
  /** The inputs that it begins with, until they are published. */
  #first: readonly EventOf[] | undefined
  /** How it begins, goes on and ends. @internal */
  readonly life: Life

  constructor(id: string, definition: PartyDefinition<S, A, R>, { system, intensity, refused }: LifeGround) {
    const guard = (call: () => unknown) => this.life.partition.reports.guard(this.life.address, call)
    this.id = id
    this.#definition = definition
    this.#store = new PartyStore(definition, guard, envelope => system.catalog.lifted(envelope))
    this.#inputs = new InputEvents(id, definition.inputs, () => system.ids.next())
    this.life = new Life(id, definition, {
      system,
      intensity,
      state: this.#store,
      errors: partyErrors,
      admit: events => this.#inputs.admit(this.#store.live.inputs, events),
      started: (entry, inputs) => this.#started(entry, inputs),
      recovered: recalled => this.#partition.report(recoveredEvent(id, recalled)),
      refused,
    })
  }

  get #partition(): Partition {
    return this.life.partition
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
    const [added] = this.#inputs.addedIn(
      await publishTogether(this.#partition, [event], this.life.admitting(this.#check(options))),
    )
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
    await this.life.publish(event, {}, this.#check(options))
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
    return this.#inputs.addedIn(
      await publishTogether(this.#partition, events, this.life.admitting(this.#check(options))),
    )
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
    return this.life.idle(options)
  }

  /** One of its agents. @throws NoAddressError */
  agent(name: string): AgentRef {
    return this.life.agent(name)
  }

  /** Publishes an event of the application in this party, for `bus.publish`. @internal */
  publish(event: UncheckedEvent, options: PublishOptions & ChangeOptions = {}): Promise<Envelope> {
    this.#checkChange(options)
    return this.life.publish(event, options, this.#check(options))
  }

  /** One of its pools. @throws NoAddressError */
  pool(name: string): PoolRef {
    return poolRefAt(this.life, name)
  }

  /** Begins the party with its first inputs. @internal */
  async begin(inputs: readonly EventOf<A['type'], PayloadOf<A>>[], metadata?: PartyMetadata): Promise<void> {
    const version = this.#partition.system.catalog.versionOf(this.#definition.inputs.added.type)
    const wanted = inputs.map(({ type, data }) => ({ type, data, ...(version > 1 && { version }) }))
    this.#first = inputs
    await this.life.begin({ inputs: wanted, ...(metadata && { metadata }) })
  }

  /** The agents have started: the first inputs are published. */
  #started(entry: Entry, saved: readonly FirstInput[]): Promise<unknown> {
    const { catalog } = this.#partition.system
    const inputs = this.#first ?? saved.map(input => catalog.check({ version: 1, ...input }))
    this.#first = undefined
    if (inputs.length === 0) return Promise.resolve(this.#partition.append({ kind: 'supervision' }, [entry]))
    return publishTogether(this.#partition, inputs, this.life.admitting(), [entry])
  }

  /** Checks inputs before anything of a party exists. @internal */
  checkInputs(inputs: readonly (string | InputFor<A>)[]): readonly EventOf<A['type'], PayloadOf<A>>[] {
    return this.#inputs.first(inputs)
  }

  /** What the application counts in its state. @internal @throws FiguresError */
  get figures(): Figures {
    return figuresOf(this.#definition, this.id, this.state)
  }

  /** Checks changes when they happen: whether the party is at the version that the caller saw, and whether its inputs make sense. */
  #check(options: ChangeOptions): (events: readonly EventOf[]) => void {
    return events => {
      const { version, inputs } = this.#store.live
      admitVersion(this.id, version, options)
      this.#inputs.admit(inputs, events)
    }
  }

  #checkChange(options: ChangeOptions): void {
    this.life.checkOpen()
    admitVersion(this.id, this.#store.live.version, options)
  }
}

function recoveredEvent(partyId: string, { standing, frames }: Recalled): EventOf {
  const left = [...standing.agents.values()].filter(({ gone }) => gone === undefined)
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
