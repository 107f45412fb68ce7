import { TroupeError } from '../errors.ts'
import { partyCreated, partyDeleted, partyQuarantined } from '../events/runtime-events.ts'
import type { PartyMetadata } from '../journal/frame.ts'
import { type KindGround, Lives } from '../kinds/lives.ts'
import { checkPartitionId, partitionOf, partyPrefix } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { admitVersion, type ChangeOptions, checkChangeOptions } from '../state/admission.ts'
import type { AddedEvent, InputFor, InputOf, InputsChange, PartyDefinition, RemovedEvent } from '../state/definition.ts'
import { type PartiesStats, statsOf } from '../state/stats.ts'
import { type ImportOptions, readImport, writeImport } from './import.ts'
import { Party } from './party.ts'
import { partyErrors, type QuarantinedParty } from './party-errors.ts'
import { metadataOf } from './party-metadata.ts'
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

/** The parties of a runtime. */
export class Parties<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly #definition: PartyDefinition<S, A, R> | undefined
  readonly #ground: KindGround
  /** @internal */
  readonly lives: Lives<Party<S, A, R>>

  constructor(definition: PartyDefinition<S, A, R> | undefined, ground: KindGround) {
    this.#definition = definition
    this.#ground = ground
    this.lives = new Lives(
      {
        prefix: partyPrefix,
        errors: partyErrors,
        make: id => this.#made(id),
        quarantined: (partyId, reason) => partyQuarantined({ partyId, reason }),
      },
      ground,
    )
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
    const { system, partitions } = this.#ground
    system.checkRunning()
    this.#defined()
    const partyId = checkPartitionId(id ?? `p-${system.ids.next()}`)
    const party = await this.lives.create(partyId, one => {
      const checked = one.checkInputs(inputs)
      const about = metadata === undefined ? undefined : metadataOf(partyId, metadata)
      return one.begin(checked, about)
    })
    partitions.outside.report(partyCreated({ partyId }))
    return party
  }

  /** @throws NoPartyDefinitionError */
  #defined(): PartyDefinition<S, A, R> {
    if (!this.#definition) throw new NoPartyDefinitionError()
    return this.#definition
  }

  #made(id: string): Party<S, A, R> {
    const party: Party<S, A, R> = new Party(id, this.#defined(), {
      ...this.#ground,
      refused: error => this.lives.refused(party, error),
    })
    return party
  }

  /** @throws PartyNotFoundError, PartyQuarantinedError */
  get(id: string): Party<S, A, R> {
    return this.lives.registry.get(id)
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
    return quarantined ? this.quarantined() : this.lives.registry.list()
  }

  /** Parties that the journal holds and that cannot go on as things are, and why; as `list({ quarantined: true })`. */
  quarantined(): readonly QuarantinedParty[] {
    return Array.from(this.lives.registry.quarantined, ([partyId, why]) => ({ partyId, ...why }))
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
    this.#ground.system.checkRunning()
    return this.lives.restore(id, { isRetry: true })
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
    await this.lives.registry.recovering.get(id)
    const { watermark } = this.get(id).life.partition
    yield* exported(this.#ground.system.journal, id, () => watermark.durable)
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
    const { system } = this.#ground
    const { registry, deletion } = this.lives
    system.checkRunning()
    let id = ''
    const admit = (partyId: string) => {
      registry.checkFree(checkPartitionId(partyId))
      registry.importing.add((id = partyId))
    }
    const host = { journal: system.journal, now: () => system.clock.now(), admit }
    try {
      const imported = await readImport(lines, host, options)
      system.checkRunning()
      if (deletion.isUnerased(id)) await deletion.erase(id)
      const claim = await system.claims.claim(partitionOf(id), 0)
      await writeImport(imported, { ...host, epoch: claim.epoch }).catch(async (error: unknown) => {
        await deletion.takeBack(id, error)
        await system.claims.release(partitionOf(id), claim)
        throw error
      })
      const reason = 'It was imported just now.'
      registry.quarantined.set(id, { code: 'PARTY_IMPORT', reason })
    } finally {
      registry.importing.delete(id)
    }
    return this.lives.restore(id, { isRetry: false })
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
    await this.lives.delete(id, () => {
      if (options.expectedVersion !== undefined) admitVersion(id, this.get(id).liveVersion, options)
    })
    this.#ground.partitions.outside.report(partyDeleted({ partyId: id }))
  }
}

/** The runtime was made without a kind of party. */
export class NoPartyDefinitionError extends TroupeError {
  readonly code = 'NO_PARTY_DEFINITION'
  constructor() {
    super('This runtime knows no kind of party. Make it with createRuntime({ party: defineParty(...) }).')
  }
}
