import { TroupeError } from '../errors.ts'
import { partyCreated, partyDeleted } from '../events/runtime-events.ts'
import type { PartyMetadata } from '../journal/frame.ts'
import { type Address, checkPartyId, partyOf } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { System } from '../partition/system.ts'
import type { DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import type { SavedParty } from '../recovery/needs.ts'
import { admitVersion, type ChangeOptions, checkChangeOptions } from '../state/admission.ts'
import type { AddedEvent, InputFor, InputOf, InputsChange, PartyDefinition, RemovedEvent } from '../state/definition.ts'
import { type PartiesStats, statsOf } from '../state/stats.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import { Deletion } from './deletion.ts'
import { type ImportOptions, readImport, writeImport } from './import.ts'
import { Party } from './party.ts'
import { metadataOf } from './party-metadata.ts'
import { PartyRegistry, type QuarantinedParty } from './party-registry.ts'
import { Quarantine } from './quarantine.ts'
import { exported } from './transfer.ts'

/** What a new party starts with. */
export interface CreateOptions<A extends AddedEvent> {
  /** Letters a to z, digits, "-" and "_", 200 at most; one is made if left out. */
  readonly id?: string
  readonly inputs?: readonly (string | InputFor<A>)[]
  /** The value of `party.state.metadata` as long as the party exists, such as its customer: JSON values by name. */
  readonly metadata?: PartyMetadata
}

const listOptions = { quarantined: true } as const
const createOptions: OptionNames<CreateOptions<AddedEvent>> = { id: true, inputs: true, metadata: true }

/** What the parties of a runtime are made of. */
interface PartiesParts<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly definition: PartyDefinition<S, A, R> | undefined
  readonly system: System<Partition>
  readonly intensity: RestartIntensity
  readonly partitions: Partitions
  readonly durable: DurableSubscriptions
  /** Recovers one party from the journal, or quarantines it; never rejects. */
  recover(partition: Address, options: { readonly isRetry: boolean }): Promise<void>
  /** The timers and schedules of a party end in this process. */
  drop(partition: Address): void
  /** Forgets everything about a deleted party. */
  forget(partition: Address): void
}

/** The parties of a runtime. */
export class Parties<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly #parts: PartiesParts<S, A, R>
  readonly #registry = new PartyRegistry<Party<S, A, R>>()
  readonly #quarantine: Quarantine<Party<S, A, R>>
  readonly #deletion: Deletion<Party<S, A, R>>

  constructor(parts: PartiesParts<S, A, R>) {
    this.#parts = parts
    this.#quarantine = new Quarantine(this.#registry, parts)
    this.#deletion = new Deletion(this.#registry, this.#quarantine, parts)
  }

  /**
   * Creates a party, starts its agents and gives them the first inputs; resolves when all of that is durable. Either all of it
   * happens, or nothing.
   *
   * @example
   * await runtime.parties.create({ id: 'fp2025A12345', inputs: ['jungle theme'], metadata: { customer: 'Ada' } })
   *
   * @throws PartyExistsError, PartyQuarantinedError, IllegalIdError, EventPayloadError, PartyMetadataError, ValueError, UnknownOptionError,
   *   AgentStartError, NoPartyDefinitionError, RuntimeStateError
   */
  async create(options: CreateOptions<A> = {}): Promise<Party<S, A, R>> {
    checkOptionNames('parties.create', options, createOptions)
    const { id, inputs = [], metadata } = options
    const { system, partitions } = this.#parts
    const { present, beginning } = this.#registry
    system.checkRunning()
    const definition = this.#defined()
    const partyId = checkPartyId(id ?? `p-${system.ids.next()}`)
    this.#registry.checkFree(partyId)
    const party = this.#newParty(partyId, definition)
    const checked = party.checkInputs(inputs)
    const about = metadata === undefined ? undefined : metadataOf(partyId, metadata)
    present.set(partyId, party)
    beginning.set(partyId, party)
    partitions.add(party.partition)
    try {
      if (this.#deletion.isUnerased(partyId)) await this.#deletion.erase(partyId)
      await party.begin(checked, about)
    } catch (error) {
      // It may have been deleted meanwhile, and another party may have its id already.
      if (present.get(partyId) === party) await this.#deletion.discard(party)
      throw error
    } finally {
      if (beginning.get(partyId) === party) beginning.delete(partyId)
    }
    partitions.outside.report(partyCreated({ partyId }))
    return party
  }

  /** @throws NoPartyDefinitionError */
  #defined(): PartyDefinition<S, A, R> {
    const { definition } = this.#parts
    if (!definition) throw new NoPartyDefinitionError()
    return definition
  }

  #newParty(id: string, definition: PartyDefinition<S, A, R>): Party<S, A, R> {
    const { system, intensity } = this.#parts
    const party: Party<S, A, R> = new Party(id, definition, {
      system,
      intensity,
      quarantine: error => this.#quarantine.failed(party, error),
    })
    return party
  }

  /** @throws PartyNotFoundError, PartyQuarantinedError */
  get(id: string): Party<S, A, R> {
    return this.#registry.get(id)
  }

  /**
   * All parties, the oldest first; or, with `quarantined`, the parties in the journal that cannot go on.
   *
   * @example
   * for (const { partyId, code, reason } of runtime.parties.list({ quarantined: true })) console.log(partyId, code, reason)
   *
   * @throws UnknownOptionError
   */
  list(options?: { readonly quarantined?: false }): readonly Party<S, A, R>[]
  list(options: { readonly quarantined: true }): readonly QuarantinedParty[]
  list(options: { readonly quarantined?: boolean } = {}): readonly Party<S, A, R>[] | readonly QuarantinedParty[] {
    checkOptionNames('parties.list', options, listOptions)
    const { quarantined = false } = options
    return quarantined ? this.quarantined() : this.#registry.list()
  }

  /** Parties that the journal holds and that cannot go on as things are, and why; as `list({ quarantined: true })`. */
  quarantined(): readonly QuarantinedParty[] {
    return [...this.#registry.quarantined.values()]
  }

  /**
   * Removes and adds inputs of a party in one change, as `party.update` does.
   *
   * @example
   * await runtime.parties.update('p1', { add: ['vegan cake'], remove: ['inp-1'] }, { expectedVersion: 7 })
   *
   * @throws PartyNotFoundError, and as `party.update` does
   */
  async update(id: string, change: InputsChange<A, R>, options?: ChangeOptions): Promise<readonly InputOf<A>[]> {
    return this.get(id).update(change, options)
  }

  /**
   * How many parties there are, in which status, with how many inputs, and what the application counts in their states.
   *
   * @example
   * runtime.parties.stats() // { parties: 25, inputs: 127, statuses: { planning: 20, completed: 5, ... }, figures: { results: 68 } }
   *
   * @throws FiguresError
   */
  stats(): PartiesStats {
    return statsOf(this.list())
  }

  /**
   * Restores a party that is quarantined, once you have fixed the reason, or a party that failed because its supervisor gave up. It
   * goes on from its journal, with the mail that waits. Resolves when it does.
   *
   * @example
   * for (const { partyId } of runtime.parties.quarantined()) await runtime.parties.retry(partyId)
   *
   * @throws PartyQuarantinedError if it still cannot, PartyFailedError if it has failed again, PartyNotFoundError, RuntimeStateError
   */
  async retry(id: string): Promise<Party<S, A, R>> {
    this.#parts.system.checkRunning()
    return this.#quarantine.restore(id, { isRetry: true })
  }

  /**
   * All that the journal holds of a party, line by line, to keep it elsewhere or to import it into another runtime. The party
   * itself goes on.
   *
   * @example
   * for await (const line of runtime.parties.export('p1')) file.write(`${line}\n`)
   *
   * @throws PartyNotFoundError, PartyMovingError if it changes all the time, JournalCorruptError
   */
  export(id: string): AsyncIterable<string> {
    this.get(id)
    return this.#exported(id)
  }

  async *#exported(id: string): AsyncGenerator<string> {
    await this.#registry.recovering.get(id)
    const { watermark } = this.get(id).partition
    yield* exported(this.#parts.system.journal, id, () => watermark.durable)
  }

  /**
   * Takes a party that was exported, under its own id, and goes on with it: its agents do here what they had not done there. All
   * of it is checked before anything is written. If its times are ahead of the clock here, only this party is ahead of the clock.
   *
   * @example
   * const party = await runtime.parties.import(readline.createInterface({ input: createReadStream('p1.jsonl') }))
   *
   * @throws PartyImportError, PartyExistsError, IllegalIdError, JournalConflictError or what the journal refuses it with: nothing is
   *   imported; PartyQuarantinedError if this program cannot go on with it; RuntimeStateError
   */
  async import(lines: Iterable<string> | AsyncIterable<string>, options: ImportOptions = {}): Promise<Party<S, A, R>> {
    const { system } = this.#parts
    system.checkRunning()
    let id = ''
    const admit = (partyId: string) => {
      this.#registry.checkFree(checkPartyId(partyId))
      this.#registry.importing.add((id = partyId))
    }
    const host = { journal: system.journal, now: () => system.clock.now(), admit }
    try {
      const imported = await readImport(lines, host, options)
      system.checkRunning()
      if (this.#deletion.isUnerased(id)) await this.#deletion.erase(id)
      await writeImport(imported, host).catch(async (error: unknown) => {
        await this.#deletion.takeBack(id, error)
        throw error
      })
      const reason = 'It was imported just now.'
      this.#registry.quarantined.set(id, { partyId: id, code: 'PARTY_IMPORT', reason })
    } finally {
      this.#registry.importing.delete(id)
    }
    return this.#quarantine.restore(id, { isRetry: false })
  }

  /**
   * Stops a party and forgets it, its journal too. If the journal does not forget it, the party is quarantined, and may be deleted
   * again.
   *
   * @example
   * await runtime.parties.delete('p1', { expectedVersion: 7 })
   *
   * @throws UnknownOptionError, PartyNotFoundError, VersionConflictError, PartyQuarantinedError if a version is expected of a party
   *   that cannot say its version, and the error of a journal that does not forget it
   */
  async delete(id: string, options: ChangeOptions = {}): Promise<void> {
    checkChangeOptions('parties.delete', options)
    this.#parts.system.checkLive()
    const { recovering } = this.#registry
    // While a party is being restored, only a part of it is here.
    while (recovering.has(id)) await recovering.get(id)
    if (options.expectedVersion !== undefined) admitVersion(id, this.get(id).liveVersion, options)
    await this.#deletion.delete(id)
    this.#parts.partitions.outside.report(partyDeleted({ partyId: id }))
  }

  /** Stops every party, the youngest first. @internal */
  stopAll(): Promise<void> {
    return this.#deletion.stopAll()
  }

  /** All parties in this process, also those that are being created, restored or deleted. @internal */
  get present(): Iterable<Party<S, A, R>> {
    return this.#registry.present.values()
  }

  /** A party that the journal holds, and that is about to be restored. @throws NoPartyDefinitionError @internal */
  saved(partyId: string): SavedParty {
    const definition = this.#defined()
    const party = this.#quarantine.reopened(partyId, () => this.#newParty(partyId, definition))
    return { ...party.saved, recovered: () => void this.#registry.quarantined.delete(partyId) }
  }

  /** A partition cannot be restored, for this reason. @internal */
  quarantine(partition: Address, error: unknown): void {
    this.#quarantine.add(partition, error)
  }

  /** Resolves when a party that is being recovered is restored, or cannot be restored. @internal */
  recovering(partition: Address): Promise<void> | undefined {
    return this.#registry.recovering.get(partyOf(partition) ?? '')
  }

  /** Whether the journal keeps a party that does not work now and may be restored. @internal */
  isKept(partition: Address): boolean {
    return this.#registry.isAway(partyOf(partition) ?? partition)
  }
}

/** The runtime was made without a kind of party. */
export class NoPartyDefinitionError extends TroupeError {
  readonly code = 'NO_PARTY_DEFINITION'
  constructor() {
    super('This runtime knows no kind of party. Make it with createRuntime({ party: defineParty(...) }).')
  }
}
