import { TroupeError } from '../errors.ts'
import { type Address, partyOf } from '../mail/address.ts'
import type { JournalAppendError } from './journal.ts'

/**
 * Decides which runtime may write which partition, where several runtimes have one journal. A runtime claims a partition before it
 * recovers or creates it, and writes under the epoch of its claim; the journal refuses every smaller epoch from then on. So a
 * runtime that has not noticed its loss cannot write either: the signal only makes it stop sooner.
 *
 * Every ownership must pass the contract suite: `ownershipContract` of `troupe/testing`.
 */
export interface Ownership {
  /** Whether other runtimes may write to the same journal. If not, an epoch that the journal refuses is raised. */
  readonly isShared: boolean
  /** Which of the partitions that the journal holds, and `runtime`, this runtime claims when it starts. */
  choose(partitions: readonly Address[]): readonly Address[] | Promise<readonly Address[]>
  /**
   * Makes this runtime the owner of a partition.
   *
   * @param above the epoch of the last writer that the journal knows, 0 if there was none: the epoch of the claim is greater
   * @throws PartitionOwnedError when another runtime owns the partition
   */
  claim(partition: Address, above: number): Claim | Promise<Claim>
  /** The name of the owner of a partition, as far as it is known at once. */
  ownerOf(partition: Address): string | undefined
  /**
   * Calls back with each partition that this runtime is to take from now on, such as those of a runtime that has ended; the
   * returned function ends that. Left out by an ownership that never hands over anything by itself.
   */
  follow?(take: (partition: Address) => void): () => void
  /** Releases all claims. The runtime calls it when it has stopped. */
  close(): Promise<void>
}

/** The right to write a partition. */
export interface Claim {
  /** Greater than the epoch of each claim of the partition before. */
  readonly epoch: number
  /** Aborts when another runtime may own the partition. A claim that was released does not abort. */
  readonly lost: AbortSignal
  /** Gives up the partition, so that another runtime can claim it at once. A claim that was lost changes nothing by it. */
  release(): Promise<void>
}

/** A claim that is never lost. */
const never = new AbortController().signal

/**
 * The ownership of a runtime that has its journal for itself, which is the default: it owns everything.
 *
 * @example
 * const runtime = createRuntime({ party, ownership: soleOwnership() })
 */
export function soleOwnership(): Ownership {
  return {
    isShared: false,
    choose: partitions => partitions,
    claim: (_, above) => ({ epoch: above + 1, lost: never, release: async () => {} }),
    ownerOf: () => undefined,
    close: async () => {},
  }
}

/** Why no frame of a partition becomes durable any more. */
export type AppendFailure = JournalAppendError | OwnershipLostError

/** Another runtime owns the partition, or this runtime has not claimed it. */
export class PartitionOwnedError extends TroupeError {
  readonly code = 'PARTITION_OWNED'
  readonly partition: Address
  /** The name of the owner, if it is known. */
  readonly owner: string | undefined
  constructor(partition: Address, owner?: string) {
    const who = owner === undefined ? 'not owned by this runtime' : `owned by the runtime "${owner}"`
    super(
      `${named(partition)} is ${who}. Use it there, or take it over with runtime.ownership.claim("${partition}") when its owner has released it.`,
    )
    this.partition = partition
    this.owner = owner
  }
}

/** This runtime owned the partition, and does not own it any more. */
export class OwnershipLostError extends TroupeError {
  readonly code = 'OWNERSHIP_LOST'
  readonly partition: Address
  /** The epoch of the claim that is over. */
  readonly epoch: number
  /** The name of the new owner, if it is known. */
  readonly owner: string | undefined
  constructor(partition: Address, epoch: number, owner?: string, options?: ErrorOptions) {
    const now = owner === undefined ? '' : `; the runtime "${owner}" owns it now`
    super(
      `${named(partition)} is no longer owned by this runtime${now}. What was not acknowledged may have happened or not: look there before you repeat it, or take it over with runtime.ownership.claim("${partition}").`,
      options,
    )
    this.partition = partition
    this.epoch = epoch
    this.owner = owner
  }
}

function named(partition: Address): string {
  const party = partyOf(partition)
  return party === undefined ? `The partition "${partition}"` : `Party "${party}"`
}
