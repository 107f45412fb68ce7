import { codeOf, type TroupeError, textOf } from '../errors.ts'
import { partyQuarantined } from '../events/runtime-events.ts'
import { JournalConflictError, type JournalError } from '../journal/journal.ts'
import { type Address, partitionOf, partyOf } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { Status, Time } from '../partition/system.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import { PartyQuarantinedError, type PartyRegistry } from './party-registry.ts'

/** The part of a party that quarantine uses. */
interface Restorable {
  readonly id: string
  readonly failed: boolean
  readonly partition: Partition
  /** Drops its memory, so that it can be restored from the journal. */
  reopen(): void
  /** Ends it, for this reason. */
  dispose(why: TroupeError): void
  /** @throws why it takes no work */
  checkOpen(): void
}

interface QuarantineParts {
  readonly system: Time & Status
  readonly partitions: Partitions
  readonly durable: { recoveringParty(partition: Address): void }
  /** Recovers one party from the journal, or quarantines it; never rejects. */
  recover(partition: Address, options: { readonly isRetry: boolean }): Promise<void>
  /** The timers and schedules of a party end in this process. */
  drop(partition: Address): void
}

/**
 * How often a party goes on with frames that another owner has written to its journal. Otherwise two owners would take it from
 * each other for ever.
 */
const takeovers: RestartIntensity = { max: 5, within: 60_000 }

/** Puts parties that cannot go on into quarantine, and restores them from there. */
export class Quarantine<P extends Restorable> {
  readonly #registry: PartyRegistry<P>
  readonly #parts: QuarantineParts
  /** The objects of quarantined parties that callers still hold: they work again once the party is restored. */
  readonly #disposed = new Map<string, P>()
  /** When each party went on with the frames of another owner, on the clock that measures. */
  readonly #takeovers = new Map<string, readonly number[]>()
  /** The addresses of quarantined partitions that are no parties, by the id under which they are listed. */
  readonly #strange = new Map<string, Address>()

  constructor(registry: PartyRegistry<P>, parts: QuarantineParts) {
    this.#registry = registry
    this.#parts = parts
  }

  /** Quarantines what a partition holds, because it cannot be restored. */
  add(partition: Address, error: unknown): void {
    const { outside } = this.#parts.partitions
    const partyId = partyOf(partition) ?? partition
    const reason = textOf(error)
    const quarantined = { partyId, code: codeOf(error), reason }
    const why = new PartyQuarantinedError(quarantined)
    if (partition === partitionOf(partyId)) this.#dispose(partyId, why)
    else this.#strange.set(partyId, partition)
    this.#registry.quarantined.set(partyId, quarantined)
    outside.report(partyQuarantined({ partyId, reason }))
    outside.reportError('error', why, partition)
  }

  #dispose(partyId: string, why: PartyQuarantinedError): void {
    const { present } = this.#registry
    const party = present.get(partyId)
    party?.dispose(why)
    if (party) this.#disposed.set(partyId, party)
    present.delete(partyId)
    this.#parts.partitions.delete(partitionOf(partyId))
  }

  /**
   * The journal accepts no more frames of a party. If another owner wrote frames, the party is restored and goes on after them,
   * but not without end.
   */
  failed(party: P, error: JournalError): void {
    const { id: partyId } = party
    const { present, beginning, quarantined } = this.#registry
    if (present.get(partyId) !== party) return
    if (beginning.get(partyId) === party) return
    quarantined.set(partyId, { partyId, code: error.code, reason: error.message })
    const { partitions, system } = this.#parts
    partitions.outside.report(partyQuarantined({ partyId, reason: error.message }), undefined, 'now')
    if (!(error.cause instanceof JournalConflictError)) return
    const now = system.clock.elapsed()
    const times = [...(this.#takeovers.get(partyId) ?? []).filter(at => now - at <= takeovers.within), now]
    this.#takeovers.set(partyId, times)
    if (times.length <= takeovers.max) void this.#recover(partyId, { isRetry: false })
  }

  /**
   * Restores a party and resolves with it.
   *
   * @param options `isRetry`: the caller wants a party that works again; an imported party may have failed before
   */
  async restore(id: string, options: { readonly isRetry: boolean }): Promise<P> {
    if (this.#registry.isAway(id)) await this.#recover(id, options)
    // The runtime may have begun to stop meanwhile, which is why the party ended.
    if (options.isRetry) this.#parts.system.checkRunning()
    const party = this.#registry.get(id)
    const quarantined = this.#registry.quarantined.get(id)
    if (quarantined) throw new PartyQuarantinedError(quarantined)
    if (options.isRetry) party.checkOpen()
    return party
  }

  /** Restores a party, after an earlier attempt has ended. */
  #recover(partyId: string, options: { readonly isRetry: boolean }): Promise<void> {
    const { recovering } = this.#registry
    const before = recovering.get(partyId) ?? Promise.resolve()
    const partition = partitionOf(partyId)
    const over = before
      .then(() => {
        if (!this.#registry.isAway(partyId)) return undefined
        this.#parts.durable.recoveringParty(partition)
        return this.#parts.recover(partition, options)
      })
      .finally(() => {
        if (recovering.get(partyId) === over) recovering.delete(partyId)
      })
    recovering.set(partyId, over)
    return over
  }

  /** The party that recovery is about to fill: the object that callers hold, or a new one. */
  reopened(partyId: string, make: () => P): P {
    const { present } = this.#registry
    const known = present.get(partyId) ?? this.#disposed.get(partyId)
    this.#disposed.delete(partyId)
    if (known) this.#parts.drop(partitionOf(partyId))
    known?.reopen()
    const party = known ?? make()
    present.set(partyId, party)
    this.#parts.partitions.add(party.partition)
    return party
  }

  /** Where the journal holds what is listed under this id. */
  addressOf(partyId: string): Address {
    return this.#strange.get(partyId) ?? partitionOf(partyId)
  }

  /** The journal holds nothing of it any more. */
  erased(partyId: string): void {
    this.#strange.delete(partyId)
  }

  /** A party is deleted. */
  forget(partyId: string, why: TroupeError): void {
    this.#disposed.get(partyId)?.dispose(why)
    this.#disposed.delete(partyId)
    this.#registry.quarantined.delete(partyId)
    this.#takeovers.delete(partyId)
  }
}
