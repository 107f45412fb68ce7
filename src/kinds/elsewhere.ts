import { partyLost } from '../events/runtime-events.ts'
import { JournalConflictError } from '../journal/journal.ts'
import { type Claim, OwnershipLostError, PartitionOwnedError } from '../journal/ownership.ts'
import { type Address, addressOf, partyOf } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { System } from '../partition/system.ts'
import type { Living, Registry } from './registry.ts'

interface ElsewhereParts {
  /** What addresses of this kind begin with. */
  readonly prefix: string
  readonly system: System<Partition>
  readonly partitions: Partitions
  readonly durable: { lost(partition: Address): void }
  /** The timers and schedules of a partition end in this process. */
  drop(partition: Address): void
}

/** The partitions of a kind that other runtimes own, as far as this runtime has heard of them. */
export class Elsewhere<P extends Living> {
  readonly #registry: Registry<P>
  readonly #parts: ElsewhereParts
  readonly #known = new Set<string>()

  constructor(registry: Registry<P>, parts: ElsewhereParts) {
    this.#registry = registry
    this.#parts = parts
  }

  /** Claims a partition that is about to exist. @throws PartitionOwnedError, RuntimeStateError, and why the id is taken */
  async claim(id: string): Promise<Claim> {
    const { system } = this.#parts
    const claim = await system.claims.claim(this.#addressOf(id), 0)
    // The runtime may have stopped meanwhile.
    system.checkRunning()
    return claim
  }

  /** A partition without an owner may have been deleted by the last one: then its id is free. */
  async forgetDeleted(id: string): Promise<void> {
    const { claims, journal } = this.#parts.system
    const partition = this.#addressOf(id)
    if (!this.#known.has(id) || claims.ownerOf(partition) !== undefined) return
    const held = await journal.partitions()
    if (held.every(one => one.partition !== partition)) this.delete(id)
  }

  /** The claim of a partition, if it is not lost yet, and the id still free. @throws PartitionOwnedError, and why the id is taken */
  checked(id: string, claim: Claim): Claim {
    this.#registry.checkFree(id)
    this.#parts.system.claims.checkOwned(this.#addressOf(id))
    return claim
  }

  /** Why a partition was not created: the journal may hold one of this id, which this runtime does not know. */
  async whyNotCreated(id: string, claim: Claim, error: unknown): Promise<unknown> {
    const { claims } = this.#parts.system
    const partition = this.#addressOf(id)
    await claims.release(partition, claim)
    const isConflict = error instanceof Error && error.cause instanceof JournalConflictError
    if (!isConflict && !(error instanceof OwnershipLostError)) return error
    // This runtime may have taken it over meanwhile.
    if (!claims.isOwned(partition)) this.add(id)
    return new PartitionOwnedError(partition, claims.ownerOf(partition))
  }

  /** @throws why a partition is not deleted: another runtime may own it by now */
  notDeleted(id: string, error: unknown): never {
    const why = this.errorOf(id)
    if (why) this.#registry.quarantined.delete(id)
    throw why ?? error
  }

  /** The journal holds this partition, and another runtime owns it, or none. */
  add(id: string): void {
    this.#registry.quarantined.delete(id)
    this.#known.add(id)
  }

  /** This runtime owns the partition now, or the journal does not hold it. */
  delete(id: string): void {
    this.#known.delete(id)
  }

  /** Why a partition that is not here cannot be used here; `undefined` if nothing is known of it. */
  errorOf(id: string): PartitionOwnedError | undefined {
    const { claims } = this.#parts.system
    const partition = this.#addressOf(id)
    if (claims.isOwned(partition)) return undefined
    const owner = claims.ownerOf(partition)
    const isKnown = owner !== undefined || this.#known.has(id)
    return isKnown ? new PartitionOwnedError(partition, owner) : undefined
  }

  /** Another runtime may own a partition now: nothing of it stays here. */
  lose(id: string, error: OwnershipLostError): void {
    const { present, beginning } = this.#registry
    const { partitions, durable, drop } = this.#parts
    const partition = this.#addressOf(id)
    const one = present.get(id)
    present.delete(id)
    beginning.delete(id)
    this.add(id)
    partitions.delete(partition)
    one?.life.lose(error)
    durable.lost(partition)
    drop(partition)
    const partyId = partyOf(partition)
    if (partyId !== undefined) partitions.outside.report(partyLost({ partyId, epoch: error.epoch }))
    partitions.outside.reportError('warning', error, partition)
  }

  #addressOf(id: string): Address {
    return addressOf(this.#parts.prefix, id)
  }
}
