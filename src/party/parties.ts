import { codeOf, TroupeError, textOf } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { partyCreated, partyDeleted, partyQuarantined } from '../events/runtime-events.ts'
import type { PartyMetadata } from '../journal/frame.ts'
import { JournalConflictError, type JournalError } from '../journal/journal.ts'
import { type Address, checkPartyId, partitionOf, partyOf } from '../mail/address.ts'
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
import { takenOver } from '../values/copy.ts'
import { encoded } from '../values/json.ts'
import { nameOf } from '../values/value.ts'
import { type ImportOptions, readImport, writeImport } from './import.ts'
import { Party, PartyStoppedError } from './party.ts'
import { exported } from './transfer.ts'

/** What a new party starts with. */
export interface CreateOptions<A extends AddedEvent> {
  /** Letters a to z, digits, "-" and "_", 200 at most; one is made if left out. */
  readonly id?: string
  readonly inputs?: readonly (string | InputFor<A>)[]
  /** What `party.state.metadata` shall say for as long as the party is there, such as who it is for: JSON values by name. */
  readonly metadata?: PartyMetadata
}

const listOptions = { quarantined: true } as const
const createOptions: OptionNames<CreateOptions<AddedEvent>> = { id: true, inputs: true, metadata: true }

/** What the parties of a runtime stand on. */
interface PartiesHost<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly definition: PartyDefinition<S, A, R> | undefined
  readonly system: System<Partition>
  readonly intensity: RestartIntensity
  readonly partitions: Partitions
  readonly durable: DurableSubscriptions
  /** Recovers one party from the journal, or quarantines it; never rejects. */
  recover(partition: Address, options: { readonly isRetry: boolean }): Promise<void>
  /** Nothing of a party goes on here. */
  drop(partition: Address): void
  /** A party is deleted: nobody is to find anything of it any more. */
  forget(partition: Address): void
}

/**
 * How often a party goes on with what somebody else has written to its journal. Two owners that take it from each other would
 * go on for ever.
 */
const takeovers: RestartIntensity = { max: 5, within: 60_000 }

/** A party that the journal holds and that cannot go on as things are. */
export interface QuarantinedParty {
  readonly partyId: string
  /** Of the error that keeps it. */
  readonly code: string
  readonly reason: string
}

/** The parties of a runtime. */
export class Parties<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly #host: PartiesHost<S, A, R>
  readonly #parties = new Map<string, Party<S, A, R>>()
  readonly #quarantined = new Map<string, QuarantinedParty>()
  /** What was handed out of those that are in quarantine, to be good again once they are back. */
  readonly #disposed = new Map<string, Party<S, A, R>>()
  /** Those that are being forgotten: still in the way of their ids, but nobody's to get any more. */
  readonly #leaving = new Map<Party<S, A, R>, Promise<unknown>>()
  /** The ids of those in quarantine that are being forgotten. */
  readonly #erasing = new Set<string>()
  /** Those that are being created: what the journal refuses of them never was. */
  readonly #beginning = new Map<string, Party<S, A, R>>()
  /** The ids of those that are being imported. */
  readonly #importing = new Set<string>()
  /** The ids under which the journal may still hold something of a party that is there no more. */
  readonly #unerased = new Set<string>()
  /** Where what is quarantined and no party stands in the journal. */
  readonly #strange = new Map<string, Address>()
  /** When each party went on with what somebody else had written, on the clock that measures. */
  readonly #takeovers = new Map<string, readonly number[]>()
  readonly #recovering = new Map<string, Promise<void>>()

  constructor(host: PartiesHost<S, A, R>) {
    this.#host = host
  }

  /**
   * Creates a party, starts its agents and gives them the first inputs; resolves when all of that is durable. Either
   * everything of it happens or nothing does.
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
    this.#host.system.checkRunning()
    const { definition, system, partitions } = this.#host
    if (!definition) throw new NoPartyDefinitionError()
    const partyId = checkPartyId(id ?? `p-${system.ids.next()}`)
    this.#checkFree(partyId)
    const party = this.#newParty(partyId, definition)
    const checked = party.checkInputs(inputs)
    const about = metadata === undefined ? undefined : metadataOf(partyId, metadata)
    this.#parties.set(partyId, party)
    this.#beginning.set(partyId, party)
    partitions.add(party.partition)
    try {
      if (this.#unerased.has(partyId)) await this.#eraseAndTell(partyId)
      await party.begin(checked, about)
    } catch (error) {
      // It may have been deleted meanwhile, and its id be another one's already.
      if (this.#parties.get(partyId) === party) await (this.#leaving.get(party) ?? this.#forget(party))
      throw error
    } finally {
      if (this.#beginning.get(partyId) === party) this.#beginning.delete(partyId)
    }
    this.#report(partyCreated({ partyId }))
    return party
  }

  /** @throws PartyNotFoundError */
  get(id: string): Party<S, A, R> {
    const party = this.#parties.get(id)
    const quarantined = this.#quarantined.get(id)
    if (this.#isLeaving(id)) throw new PartyNotFoundError(id)
    if (quarantined && (!party || this.#isHalf(party))) throw new PartyQuarantinedError(quarantined)
    if (!party) throw new PartyNotFoundError(id)
    return party
  }

  /**
   * All parties, the oldest first; or, with `quarantined`, those that the journal holds and that cannot go on as things are.
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
    if (quarantined) return this.quarantined()
    return [...this.#parties.values()].filter(party => !this.#leaving.has(party) && !this.#isHalf(party))
  }

  /** Whether it is being forgotten. */
  #isLeaving(id: string): boolean {
    const party = this.#parties.get(id)
    return this.#erasing.has(id) || (party !== undefined && this.#leaving.has(party))
  }

  /** Whether the party is being recovered from quarantine: programs must not use it yet. */
  #isHalf({ id }: Party<S, A, R>): boolean {
    return this.#quarantined.has(id) && this.#recovering.has(id)
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

  /** A party that the journal holds, and that is about to be restored. @throws NoPartyDefinitionError @internal */
  saved(partyId: string): SavedParty {
    const { definition, partitions } = this.#host
    if (!definition) throw new NoPartyDefinitionError()
    const known = this.#parties.get(partyId) ?? this.#disposed.get(partyId)
    this.#disposed.delete(partyId)
    if (known) this.#host.drop(partitionOf(partyId))
    known?.reopen()
    const party = known ?? this.#newParty(partyId, definition)
    this.#parties.set(partyId, party)
    partitions.add(party.partition)
    return { ...party.saved, recovered: () => void this.#quarantined.delete(partyId) }
  }

  /** A partition cannot be restored as things are. @internal */
  quarantine(partition: Address, error: unknown): void {
    const partyId = partyOf(partition) ?? partition
    const reason = textOf(error)
    const quarantined = { partyId, code: codeOf(error), reason }
    const why = new PartyQuarantinedError(quarantined)
    if (partition === partitionOf(partyId)) this.#dispose(partyId, why)
    else this.#strange.set(partyId, partition)
    this.#quarantined.set(partyId, quarantined)
    this.#report(partyQuarantined({ partyId, reason }))
    this.#outside.reportError('error', why, partition)
  }

  #dispose(partyId: string, why: PartyQuarantinedError): void {
    const party = this.#parties.get(partyId)
    party?.dispose(why)
    if (party) this.#disposed.set(partyId, party)
    this.#parties.delete(partyId)
    this.#host.partitions.delete(partitionOf(partyId))
  }

  /**
   * Recovers a party that is quarantined, once the reason is fixed, or one that failed because its supervisor gave up; it
   * goes on from its journal, with the mail that waits. Resolves when it does.
   *
   * @example
   * for (const { partyId } of runtime.parties.quarantined()) await runtime.parties.retry(partyId)
   *
   * @throws PartyQuarantinedError if it still cannot, PartyFailedError if it has failed again, PartyNotFoundError, RuntimeStateError
   */
  async retry(id: string): Promise<Party<S, A, R>> {
    this.#host.system.checkRunning()
    return this.#recovered(id, { isRetry: true })
  }

  async #recovered(id: string, options: { readonly isRetry: boolean }): Promise<Party<S, A, R>> {
    if (this.#isAway(id)) await this.#recover(id, options)
    // It may have begun to stop meanwhile, which is why the party ended.
    if (options.isRetry) this.#host.system.checkRunning()
    const party = this.get(id)
    const quarantined = this.#quarantined.get(id)
    if (quarantined) throw new PartyQuarantinedError(quarantined)
    // One that is imported may have failed where it comes from.
    if (options.isRetry) party.checkOpen()
    return party
  }

  /**
   * All that the journal holds of a party, line by line: to be kept elsewhere, or imported into another runtime. The party
   * itself goes on.
   *
   * @example
   * for await (const line of runtime.parties.export('p1')) file.write(`${line}\n`)
   *
   * @throws PartyNotFoundError, PartyMovingError if it never holds still for so long, JournalCorruptError
   */
  export(id: string): AsyncIterable<string> {
    this.get(id)
    return this.#exported(id)
  }

  async *#exported(id: string): AsyncGenerator<string> {
    await this.#recovering.get(id)
    const { watermark } = this.get(id).partition
    yield* exported(this.#host.system.journal, id, () => watermark.durable)
  }

  /**
   * Takes a party that was exported, under its own id, and goes on with it: what its agents had not done yet, they do here too.
   * All of it is checked before anything is written. Times that are ahead of the clock here stay those of this party alone.
   *
   * @example
   * const party = await runtime.parties.import(readline.createInterface({ input: createReadStream('p1.jsonl') }))
   *
   * @throws PartyImportError, PartyExistsError, IllegalIdError, JournalConflictError or what the journal refuses it with: nothing is
   *   imported; PartyQuarantinedError if this program cannot go on with it; RuntimeStateError
   */
  async import(lines: Iterable<string> | AsyncIterable<string>, options: ImportOptions = {}): Promise<Party<S, A, R>> {
    const { system } = this.#host
    system.checkRunning()
    let id = ''
    const admit = (partyId: string) => {
      this.#checkFree(checkPartyId(partyId))
      this.#importing.add((id = partyId))
    }
    const host = { journal: system.journal, now: () => system.clock.now(), admit }
    try {
      const imported = await readImport(lines, host, options)
      system.checkRunning()
      if (this.#unerased.has(id)) await this.#eraseAndTell(id)
      await writeImport(imported, host).catch(async (error: unknown) => {
        await this.#takeBack(id, error)
        throw error
      })
      this.#quarantined.set(id, { partyId: id, code: 'PARTY_IMPORT', reason: 'It was imported just now.' })
    } finally {
      this.#importing.delete(id)
    }
    return this.#recovered(id, { isRetry: false })
  }

  #checkFree(partyId: string): void {
    const quarantined = this.#quarantined.get(partyId)
    if (quarantined && !this.#isLeaving(partyId)) throw new PartyQuarantinedError(quarantined)
    if (this.#parties.has(partyId) || this.#quarantined.has(partyId) || this.#importing.has(partyId))
      throw new PartyExistsError(partyId)
  }

  #newParty(id: string, definition: PartyDefinition<S, A, R>): Party<S, A, R> {
    const { system, intensity } = this.#host
    const party: Party<S, A, R> = new Party(id, definition, system, intensity, error => this.#failed(party, error))
    return party
  }

  /** The journal takes no more of a party. What somebody else has written there, it can go on with, but not for ever. */
  #failed(party: Party<S, A, R>, error: JournalError): void {
    const { id: partyId } = party
    if (this.#parties.get(partyId) !== party) return
    if (this.#beginning.get(partyId) === party) return
    this.#quarantined.set(partyId, { partyId, code: error.code, reason: error.message })
    this.#outside.report(partyQuarantined({ partyId, reason: error.message }), undefined, 'now')
    if (!(error.cause instanceof JournalConflictError)) return
    const now = this.#host.system.clock.elapsed()
    const times = [...(this.#takeovers.get(partyId) ?? []).filter(at => now - at <= takeovers.within), now]
    this.#takeovers.set(partyId, times)
    if (times.length <= takeovers.max) void this.#recover(partyId, { isRetry: false })
  }

  /** Resolves when a party that is being recovered is restored, or cannot be restored. @internal */
  recovering(partition: Address): Promise<void> | undefined {
    return this.#recovering.get(partyOf(partition) ?? '')
  }

  /** Whether it can be recovered: the journal holds it, and nothing of it goes on here. */
  #isAway(partyId: string): boolean {
    if (this.#isLeaving(partyId)) return false
    return this.#quarantined.has(partyId) || this.#parties.get(partyId)?.failed === true
  }

  /** Recovers a party, once its earlier recovery is over. */
  #recover(partyId: string, options: { readonly isRetry: boolean }): Promise<void> {
    const before = this.#recovering.get(partyId) ?? Promise.resolve()
    const partition = partitionOf(partyId)
    const recovering = before
      .then(() => {
        if (!this.#isAway(partyId)) return undefined
        this.#host.durable.recoveringParty(partition)
        return this.#host.recover(partition, options)
      })
      .finally(() => {
        if (this.#recovering.get(partyId) === recovering) this.#recovering.delete(partyId)
      })
    this.#recovering.set(partyId, recovering)
    return recovering
  }

  /** Parties that the journal holds and that cannot go on as things are, and why; as `list({ quarantined: true })`. */
  quarantined(): readonly QuarantinedParty[] {
    return [...this.#quarantined.values()]
  }

  /** Whether what a partition holds is kept from going on, until somebody brings it back. @internal */
  isKept(partition: Address): boolean {
    return this.#isAway(partyOf(partition) ?? partition)
  }

  /** All of them, those that are being forgotten too. @internal */
  get present(): Iterable<Party<S, A, R>> {
    return this.#parties.values()
  }

  /**
   * Stops a party and forgets it, its journal too. One that the journal does not forget is quarantined, to be deleted again.
   *
   * @example
   * await runtime.parties.delete('p1', { expectedVersion: 7 })
   *
   * @throws UnknownOptionError, PartyNotFoundError, VersionConflictError, PartyQuarantinedError if a version is expected of one that
   *   cannot say its own, and what the journal throws that does not forget it
   */
  async delete(id: string, options: ChangeOptions = {}): Promise<void> {
    checkChangeOptions('parties.delete', options)
    this.#host.system.checkLive()
    // A party that is being recovered is only half restored.
    while (this.#recovering.has(id)) await this.#recovering.get(id)
    if (options.expectedVersion !== undefined) admitVersion(id, this.get(id).liveVersion, options)
    if (this.#quarantined.has(id) && !this.#parties.has(id)) {
      if (this.#erasing.has(id)) throw new PartyNotFoundError(id)
      this.#erasing.add(id)
      await this.#eraseAndTell(id).finally(() => this.#erasing.delete(id))
      this.#forgotten(id)
    } else {
      const error = await this.#forget(this.get(id))
      if (error !== undefined) this.#quarantined.set(id, { partyId: id, code: codeOf(error), reason: textOf(error) })
      if (error !== undefined) throw error
    }
    this.#report(partyDeleted({ partyId: id }))
  }

  /** Stops every party, the youngest first. @internal */
  async stopAll(): Promise<void> {
    const leaving = [...this.#leaving.values()]
    const stopping = [...this.#parties.values()]
      .filter(party => !this.#leaving.has(party))
      .toReversed()
      .map(party => party.stop())
    // One whose journal fails just now is quarantined and reported; the others stop all the same.
    await Promise.allSettled([...stopping, ...leaving])
    await Promise.allSettled([...this.#unerased].map(id => this.#erase(id)))
  }

  /** Resolves to why the journal does not forget it, if it does not. */
  async #forget(party: Party<S, A, R>): Promise<unknown> {
    const gone = this.#stopped(party)
    this.#leaving.set(party, gone)
    const error = await gone
    // The id is free only now, so that a new party under it cannot meet what is left of the old one.
    this.#leaving.delete(party)
    this.#parties.delete(party.id)
    this.#beginning.delete(party.id)
    this.#host.partitions.delete(partitionOf(party.id))
    this.#forgotten(party.id)
    return error
  }

  #forgotten(partyId: string): void {
    this.#disposed.get(partyId)?.dispose(new PartyStoppedError(partyId))
    this.#disposed.delete(partyId)
    this.#quarantined.delete(partyId)
    this.#takeovers.delete(partyId)
    this.#host.durable.forget(partitionOf(partyId))
    this.#host.forget(partitionOf(partyId))
  }

  async #stopped(party: Party<S, A, R>): Promise<unknown> {
    const { partition } = party
    // As long as the journal holds it, it holds all of it: should the process end now, it goes on.
    partition.frames.suspend()
    await party.stop().catch(() => {})
    await this.#host.system.snapshots.forget(partition)
    const isBeginning = this.#beginning.get(party.id) === party
    const error = await this.#takeBack(party.id, isBeginning ? partition.watermark.failure?.cause : undefined)
    // Nobody knows of one of which nothing is durable; and a journal that has refused it may have no room for more.
    if (error === undefined && partition.watermark.durable > 0) await this.#forgetOutside(party.id)
    return error
  }

  /** Resolves to why the journal does not forget what it may have taken of a party before it refused the rest. */
  async #takeBack(partyId: string, refusal: unknown): Promise<unknown> {
    // What somebody else has written there is his.
    if (refusal instanceof JournalConflictError) return undefined
    try {
      await this.#erase(partyId)
      return undefined
    } catch (error) {
      this.#outside.reportError('error', error, partitionOf(partyId))
      return error
    }
  }

  /** @throws what the journal throws */
  async #erase(partyId: string): Promise<void> {
    this.#unerased.add(partyId)
    await this.#host.system.journal.delete(this.#strange.get(partyId) ?? partitionOf(partyId))
    this.#unerased.delete(partyId)
    this.#strange.delete(partyId)
  }

  async #eraseAndTell(partyId: string): Promise<void> {
    await this.#erase(partyId)
    await this.#forgetOutside(partyId)
  }

  /** What is known of it outside the parties is not of the next party with its id, in another process either. */
  async #forgetOutside(party: string): Promise<void> {
    const outside = this.#outside
    if (outside.watermark.head === 0) return
    outside.append({ kind: 'supervision' }, [{ kind: 'forgotten', seq: outside.nextSeq(), party }])
    // Where the journal takes no more of it, the next process finds that the party is gone.
    await outside.watermark.reached().catch(() => {})
  }

  #report(event: EventOf): void {
    this.#outside.report(event)
  }

  get #outside(): Partition {
    return this.#host.partitions.outside
  }
}

/** What is said about a new party, as a frame holds it. @throws PartyMetadataError, ValueError */
function metadataOf(partyId: string, metadata: PartyMetadata): PartyMetadata {
  if (typeof metadata !== 'object' || metadata === null || !hasNames(metadata))
    throw new PartyMetadataError(partyId, metadata)
  // A plain object stays one.
  return encoded(takenOver(`the metadata of party "${partyId}"`, { ...metadata })) as PartyMetadata
}

/** Whether all that an object holds stands under its own names, as it does in plain ones alone. */
function hasNames(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

/** What is said about a new party is no object with names. */
export class PartyMetadataError extends TroupeError {
  readonly code = 'PARTY_METADATA'
  readonly partyId: string
  constructor(partyId: string, metadata: unknown) {
    const found = foundOf(metadata)
    super(
      `The metadata of party "${partyId}" is ${found}. Say what belongs to the party by names: create({ metadata: { customer: "Ada" } }).`,
    )
    this.partyId = partyId
  }
}

function foundOf(metadata: unknown): string {
  if (metadata === null) return 'null'
  if (typeof metadata !== 'object') return `a ${typeof metadata}`
  return Array.isArray(metadata) ? 'an array' : nameOf(Object.getPrototypeOf(metadata))
}

/** There is no party with this id. */
export class PartyNotFoundError extends TroupeError {
  readonly code = 'PARTY_NOT_FOUND'
  readonly partyId: string
  constructor(partyId: string) {
    super(`There is no party "${partyId}": it was never created, or is deleted. Look at runtime.parties.list().`)
    this.partyId = partyId
  }
}

/** The journal holds the party, but it cannot go on as things are. */
export class PartyQuarantinedError extends TroupeError {
  readonly code = 'PARTY_QUARANTINED'
  readonly partyId: string
  /** Of the error that keeps it. */
  readonly reason: string
  constructor({ partyId, reason, code }: QuarantinedParty) {
    super(
      `Party "${partyId}" is quarantined (${code}): ${reason.replace(/\.?$/, '.')} Fix that and call runtime.parties.retry("${partyId}") or start again, or give the party up with runtime.parties.delete("${partyId}").`,
    )
    this.partyId = partyId
    this.reason = code
  }
}

/** A party with this id is there already. */
export class PartyExistsError extends TroupeError {
  readonly code = 'PARTY_EXISTS'
  readonly partyId: string
  constructor(partyId: string) {
    super(`There is a party "${partyId}" already. Get it with runtime.parties.get, or leave the id out.`)
    this.partyId = partyId
  }
}

/** The runtime was made without a kind of party. */
export class NoPartyDefinitionError extends TroupeError {
  readonly code = 'NO_PARTY_DEFINITION'
  constructor() {
    super('This runtime knows no kind of party. Make it with createRuntime({ party: defineParty(...) }).')
  }
}
