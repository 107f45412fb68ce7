import { type OwnershipLostError, PartitionOwnedError } from '../journal/ownership.ts'
import { PartitionNotFoundError } from '../kinds/errors.ts'
import type { Kinds } from '../kinds/kinds.ts'
import { type Address, runtimePartition } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { Supervised } from '../supervision/definition.ts'
import type { Outside } from './outside.ts'

/** A partition that the journal holds, and who owns it. */
export interface PartitionOwner {
  readonly partition: Address
  /** Whether this runtime owns it. */
  readonly isHere: boolean
  /** The name of the runtime that owns it, if it is known. */
  readonly owner?: string
  /** Counts its owners: the epoch of its last frame. */
  readonly epoch: number
}

interface OwnedParts {
  readonly system: System<Partition>
  readonly outside: Outside
  /** Agents that are started outside the parties. */
  readonly tree: readonly Supervised[]
  readonly durable: { takenOver(partition: Address, system: System<Partition>): Promise<void> }
  readonly kinds: Kinds
  readonly recovery: Recovery
}

/**
 * Which partitions this runtime owns, where other runtimes have the same journal.
 *
 * @example
 * for (const { partition, owner } of await runtime.ownership.list()) console.log(partition, owner)
 * await runtime.ownership.claim('party/p1') // its owner has ended
 * const party = runtime.parties.get('p1')
 */
export class OwnedPartitions {
  readonly #parts: OwnedParts
  readonly #taking = new Map<Address, Promise<void>>()
  #stopFollowing = () => {}

  constructor(parts: OwnedParts) {
    this.#parts = parts
  }

  /** All partitions that the journal holds, the oldest first, and who owns each. */
  async list(): Promise<readonly PartitionOwner[]> {
    const { journal, claims } = this.#parts.system
    const partitions = await journal.partitions()
    return partitions.map(({ partition, epoch }) => {
      const owner = claims.ownerOf(partition)
      return { partition, isHere: claims.isOwned(partition), ...(owner !== undefined && { owner }), epoch }
    })
  }

  /**
   * Takes over a partition that no other runtime owns: `party/<id>`, or `runtime`, where the agents outside the parties live.
   * Recovers it, and resolves when its agents go on here. Nothing happens to a partition that this runtime owns.
   *
   * @example
   * await runtime.ownership.claim('party/p1')
   *
   * @throws PartitionOwnedError, PartitionNotFoundError, and why the partition cannot be recovered, RuntimeStateError
   */
  async claim(partition: Address): Promise<void> {
    this.#parts.system.checkRunning()
    const taking = this.#taking.get(partition) ?? this.#take(partition).finally(() => this.#taking.delete(partition))
    this.#taking.set(partition, taking)
    await taking
  }

  async #take(partition: Address): Promise<void> {
    const { system, kinds, durable } = this.#parts
    const { claims, journal } = system
    if (claims.isOwned(partition)) return
    const info = (await journal.partitions()).find(one => one.partition === partition)
    if (partition === runtimePartition) return this.#takeOutside(info?.epoch ?? 0)
    if (!info) {
      kinds.gone(partition)
      throw new PartitionNotFoundError(partition)
    }
    const claim = await claims.claim(partition, info.epoch)
    try {
      await durable.takenOver(partition, system)
    } catch (error) {
      await claims.release(partition, claim)
      throw error
    }
    await kinds.take(partition)
  }

  async #takeOutside(above: number): Promise<void> {
    const { system, outside, recovery, tree } = this.#parts
    const { claims } = system
    await claims.claim(runtimePartition, above)
    claims.checkOwned(runtimePartition)
    outside.reopen()
    try {
      const isRestored = await recovery.outside()
      if (!claims.isOwned(runtimePartition)) throw outside.elsewhere
      outside.open()
      if (!isRestored) await outside.crew.begun(outside.crew.begin(tree))
    } catch (error) {
      claims.forfeit(runtimePartition)
      throw error
    }
  }

  /**
   * Gives up a partition, so that another runtime can take it over: waits until all of it is durable, and stops its agents here
   * without frames that say so. They go on there, with their mail, their timers and their work.
   *
   * @example
   * await runtime.ownership.release('party/p1')
   *
   * @throws PartitionOwnedError if this runtime does not own it, or owns everything; JournalAppendError
   */
  async release(partition: Address): Promise<void> {
    const { claims } = this.#parts.system
    await this.#taking.get(partition)?.catch(() => {})
    const claim = claims.at(partition)
    if (!claim) throw new PartitionOwnedError(partition, claims.ownerOf(partition))
    const here = this.#parts.system.partition(partition)
    here?.frames.recordJump()
    await here?.watermark.reached()
    if (claims.at(partition) === claim) claims.forfeit(partition)
    await claim.release()
  }

  /** Takes, from now on, what the ownership offers to this runtime. @internal */
  follow(): void {
    const { system, outside } = this.#parts
    this.#stopFollowing = system.claims.follow(partition => {
      if (!system.isRunning()) return
      this.claim(partition).catch((error: unknown) => {
        // Another runtime was faster, or its last owner has deleted it.
        const isExpected = error instanceof PartitionOwnedError || error instanceof PartitionNotFoundError
        if (!isExpected) outside.partition.reportError('error', error, partition)
      })
    })
  }

  /** Another runtime may own a partition now. @internal */
  lost(partition: Address, error: OwnershipLostError): void {
    const { outside, kinds } = this.#parts
    if (partition !== runtimePartition) return kinds.lose(partition, error)
    outside.leave(error)
    outside.partition.reportError('warning', error, partition)
  }

  /** Releases everything: the runtime has stopped. @internal */
  async close(): Promise<void> {
    this.#stopFollowing()
    await this.#parts.system.claims.close()
  }
}
