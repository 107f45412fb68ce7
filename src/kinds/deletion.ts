import { codeOf, textOf } from '../errors.ts'
import { JournalConflictError } from '../journal/journal.ts'
import { PartitionOwnedError } from '../journal/ownership.ts'
import { type Address, addressOf, keyOf } from '../mail/address.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { Storage } from '../partition/system.ts'
import type { Quarantine } from './quarantine.ts'
import type { Living, Registry } from './registry.ts'

interface DeletionParts {
  /** What addresses of this kind begin with. */
  readonly prefix: string
  readonly system: Storage
  readonly partitions: Partitions
  readonly durable: { forget(partition: Address): void }
  /** Forgets everything about a deleted partition. */
  forget(partition: Address): void
}

/** Stops partitions of a kind, and makes the journal forget them. */
export class Deletion<P extends Living> {
  readonly #registry: Registry<P>
  readonly #quarantine: Pick<Quarantine<never>, 'addressOf' | 'erased' | 'forget'>
  readonly #parts: DeletionParts
  /** The ids of deleted partitions of which the journal may still hold frames. */
  readonly #unerased = new Set<string>()

  constructor(
    registry: Registry<P>,
    quarantine: Pick<Quarantine<never>, 'addressOf' | 'erased' | 'forget'>,
    parts: DeletionParts,
  ) {
    this.#registry = registry
    this.#quarantine = quarantine
    this.#parts = parts
  }

  /** Deletes one. @throws why it is not found or quarantined, and what the journal throws: then it is quarantined */
  async delete(id: string): Promise<void> {
    const { quarantined, present, erasing } = this.#registry
    if (quarantined.has(id) && !present.has(id)) {
      if (erasing.has(id)) throw this.#registry.errors.notFound(id)
      erasing.add(id)
      await this.erase(id).finally(() => erasing.delete(id))
      this.#forgotten(id)
      return
    }
    const error = await this.discard(this.#registry.get(id))
    if (error === undefined) return
    quarantined.set(id, { code: codeOf(error), reason: textOf(error) })
    throw error
  }

  /** Stops one and forgets it; resolves to why the journal does not forget it, if it does not. */
  discard(one: P): Promise<unknown> {
    return this.#registry.leaving.get(one) ?? this.#discard(one)
  }

  async #discard(one: P): Promise<unknown> {
    const { leaving, present, beginning } = this.#registry
    const { id, address } = one.life
    const gone = this.#stopped(one)
    leaving.set(one, gone)
    const error = await gone
    // The id is free only now, so that a new partition with this id cannot meet what is left of the old one.
    leaving.delete(one)
    present.delete(id)
    beginning.delete(id)
    this.#parts.partitions.delete(address)
    this.#forgotten(id)
    return error
  }

  #forgotten(id: string): void {
    const partition = this.#addressOf(id)
    this.#quarantine.forget(id, this.#registry.errors.stopped(id))
    this.#parts.durable.forget(partition)
    this.#parts.forget(partition)
  }

  async #stopped({ life }: P): Promise<unknown> {
    const { id, partition } = life
    // The journal keeps all of it until it forgets all of it: if the process ends now, it goes on in the next one.
    partition.frames.suspend()
    await life.stop().catch(() => {})
    await this.#parts.system.snapshots.forget(partition)
    const isBeginning = this.#registry.beginning.get(id)?.life === life
    const error = await this.takeBack(id, isBeginning ? partition.watermark.failure?.cause : undefined)
    // If nothing of it is durable, nothing outside it knows it; and a journal that refused it may be full.
    if (error === undefined && partition.watermark.durable > 0) await this.#forgetOutside(partition.address)
    return error
  }

  /** The address that a partition of this kind has by its id. */
  #addressOf(id: string): Address {
    return addressOf(this.#parts.prefix, id)
  }

  /** Erases what the journal took of a partition before it refused the rest; resolves to why it does not, if it does not. */
  async takeBack(id: string, refusal: unknown): Promise<unknown> {
    // These frames belong to another owner.
    if (refusal instanceof JournalConflictError) return undefined
    try {
      await this.#eraseFrames(id)
      return undefined
    } catch (error) {
      this.#parts.partitions.outside.reportError('error', error, this.#addressOf(id))
      return error
    }
  }

  /** Whether the journal may still hold something of an earlier partition with this id. */
  isUnerased(id: string): boolean {
    return this.#unerased.has(id)
  }

  /** A partition that the journal did not forget is about to go on: from now on, it is deleted only if somebody says so again. */
  keep(id: string): void {
    this.#unerased.delete(id)
  }

  /** Makes the journal forget a partition, and what agents outside know of it. @throws what the journal throws */
  async erase(id: string): Promise<void> {
    const address = this.#quarantine.addressOf(id)
    await this.#eraseFrames(id)
    await this.#forgetOutside(address)
  }

  async #eraseFrames(id: string): Promise<void> {
    const { claims, journal } = this.#parts.system
    const partition = this.#quarantine.addressOf(id)
    if (!claims.isOwned(partition)) throw new PartitionOwnedError(partition, claims.ownerOf(partition))
    const claim = claims.at(partition)
    this.#unerased.add(id)
    await journal.delete(partition, claim?.epoch).catch((error: unknown) => {
      if (!claim || !(error instanceof JournalConflictError) || error.epoch <= claim.epoch) throw error
      claims.forfeit(partition)
      throw new PartitionOwnedError(partition, claims.ownerOf(partition))
    })
    this.#unerased.delete(id)
    this.#quarantine.erased(id)
    if (claims.isShared) await claims.release(partition)
  }

  /** What agents outside have heard of a partition does not count for the next one with its id, in another process either. */
  async #forgetOutside(partition: Address): Promise<void> {
    const { outside } = this.#parts.partitions
    if (outside.watermark.head === 0) return
    outside.append({ kind: 'supervision' }, [{ kind: 'forgotten', seq: outside.nextSeq(), party: keyOf(partition) }])
    // If the journal refuses this frame, the next process finds that the partition is gone.
    await outside.watermark.reached().catch(() => {})
  }

  /** Stops every partition, the youngest first, because the runtime stops. */
  async stopAll(): Promise<void> {
    const { leaving, present } = this.#registry
    const deleting = [...leaving.values()]
    const stopping = [...present.values()]
      .filter(one => !leaving.has(one))
      .toReversed()
      .map(({ life }) => life.stop())
    // One whose journal fails just now is quarantined and reported; the others stop all the same.
    await Promise.allSettled([...stopping, ...deleting])
    await Promise.allSettled([...this.#unerased].map(id => this.#eraseFrames(id)))
  }
}
