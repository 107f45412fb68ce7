import { codeOf, textOf } from '../errors.ts'
import { JournalConflictError } from '../journal/journal.ts'
import { type Address, partitionOf } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { Storage } from '../partition/system.ts'
import { PartyStoppedError } from './party-end.ts'
import { PartyNotFoundError, type PartyRegistry } from './party-registry.ts'
import type { Quarantine } from './quarantine.ts'

/** The part of a party that deletion uses. */
interface Deletable {
  readonly id: string
  readonly failed: boolean
  readonly partition: Partition
  /** Stops its agents in order. */
  stop(): Promise<void>
}

interface DeletionParts {
  readonly system: Storage
  readonly partitions: Partitions
  readonly durable: { forget(partition: Address): void }
  /** Forgets everything about a deleted party. */
  forget(partition: Address): void
}

/** Stops parties, and makes the journal forget them. */
export class Deletion<P extends Deletable> {
  readonly #registry: PartyRegistry<P>
  readonly #quarantine: Pick<Quarantine<never>, 'addressOf' | 'erased' | 'forget'>
  readonly #parts: DeletionParts
  /** The ids of deleted parties of which the journal may still hold frames. */
  readonly #unerased = new Set<string>()

  constructor(
    registry: PartyRegistry<P>,
    quarantine: Pick<Quarantine<never>, 'addressOf' | 'erased' | 'forget'>,
    parts: DeletionParts,
  ) {
    this.#registry = registry
    this.#quarantine = quarantine
    this.#parts = parts
  }

  /** Deletes a party. @throws PartyNotFoundError, PartyQuarantinedError, and what the journal throws: then the party is quarantined */
  async delete(id: string): Promise<void> {
    const { quarantined, present, erasing } = this.#registry
    if (quarantined.has(id) && !present.has(id)) {
      if (erasing.has(id)) throw new PartyNotFoundError(id)
      erasing.add(id)
      await this.erase(id).finally(() => erasing.delete(id))
      this.#forgotten(id)
      return
    }
    const error = await this.discard(this.#registry.get(id))
    if (error === undefined) return
    quarantined.set(id, { partyId: id, code: codeOf(error), reason: textOf(error) })
    throw error
  }

  /** Stops a party and forgets it; resolves to why the journal does not forget it, if it does not. */
  discard(party: P): Promise<unknown> {
    return this.#registry.leaving.get(party) ?? this.#discard(party)
  }

  async #discard(party: P): Promise<unknown> {
    const { leaving, present, beginning } = this.#registry
    const gone = this.#stopped(party)
    leaving.set(party, gone)
    const error = await gone
    // The id is free only now, so that a new party with this id cannot meet what is left of the old one.
    leaving.delete(party)
    present.delete(party.id)
    beginning.delete(party.id)
    this.#parts.partitions.delete(partitionOf(party.id))
    this.#forgotten(party.id)
    return error
  }

  #forgotten(partyId: string): void {
    const partition = partitionOf(partyId)
    this.#quarantine.forget(partyId, new PartyStoppedError(partyId))
    this.#parts.durable.forget(partition)
    this.#parts.forget(partition)
  }

  async #stopped(party: P): Promise<unknown> {
    const { partition } = party
    // The journal keeps all of it until it forgets all of it: if the process ends now, the party goes on in the next one.
    partition.frames.suspend()
    await party.stop().catch(() => {})
    await this.#parts.system.snapshots.forget(partition)
    const isBeginning = this.#registry.beginning.get(party.id) === party
    const error = await this.takeBack(party.id, isBeginning ? partition.watermark.failure?.cause : undefined)
    // If nothing of the party is durable, nothing outside it knows the party; and a journal that refused the party may be full.
    if (error === undefined && partition.watermark.durable > 0) await this.#forgetOutside(party.id)
    return error
  }

  /** Erases what the journal took of a party before it refused the rest; resolves to why it does not, if it does not. */
  async takeBack(partyId: string, refusal: unknown): Promise<unknown> {
    // These frames belong to another owner.
    if (refusal instanceof JournalConflictError) return undefined
    try {
      await this.#eraseFrames(partyId)
      return undefined
    } catch (error) {
      this.#parts.partitions.outside.reportError('error', error, partitionOf(partyId))
      return error
    }
  }

  /** Whether the journal may still hold something of an earlier party with this id. */
  isUnerased(partyId: string): boolean {
    return this.#unerased.has(partyId)
  }

  /** Makes the journal forget a party, and what agents outside know of it. @throws what the journal throws */
  async erase(partyId: string): Promise<void> {
    await this.#eraseFrames(partyId)
    await this.#forgetOutside(partyId)
  }

  async #eraseFrames(partyId: string): Promise<void> {
    this.#unerased.add(partyId)
    await this.#parts.system.journal.delete(this.#quarantine.addressOf(partyId))
    this.#unerased.delete(partyId)
    this.#quarantine.erased(partyId)
  }

  /** What agents outside have heard of a party does not count for the next party with its id, in another process either. */
  async #forgetOutside(party: string): Promise<void> {
    const { outside } = this.#parts.partitions
    if (outside.watermark.head === 0) return
    outside.append({ kind: 'supervision' }, [{ kind: 'forgotten', seq: outside.nextSeq(), party }])
    // If the journal refuses this frame, the next process finds that the party is gone.
    await outside.watermark.reached().catch(() => {})
  }

  /** Stops every party, the youngest first, because the runtime stops. */
  async stopAll(): Promise<void> {
    const { leaving, present } = this.#registry
    const deleting = [...leaving.values()]
    const stopping = [...present.values()]
      .filter(party => !leaving.has(party))
      .toReversed()
      .map(party => party.stop())
    // A party whose journal fails just now is quarantined and reported; the others stop all the same.
    await Promise.allSettled([...stopping, ...deleting])
    await Promise.allSettled([...this.#unerased].map(id => this.#eraseFrames(id)))
  }
}
