import { TroupeError } from '../errors.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { KindErrors, Quarantined } from './registry.ts'

/** The errors of a kind of the user's own. */
export function partitionErrors(prefix: string): KindErrors {
  const at = (id: string) => addressOf(prefix, id)
  return {
    failed: (id, cause) => new PartitionFailedError(at(id), cause),
    stopped: id => new PartitionStoppedError(at(id)),
    notFound: id => new PartitionNotFoundError(at(id)),
    exists: id => new PartitionExistsError(at(id)),
    quarantined: (id, why) => new PartitionQuarantinedError(at(id), why),
  }
}

/** The uppermost supervisor of a partition gave up. */
export class PartitionFailedError extends TroupeError {
  readonly code = 'PARTITION_FAILED'
  readonly partition: Address
  constructor(partition: Address, cause: Error) {
    super(`"${partition}" has failed: ${cause.message} Then call runtime.partitions(kind).retry(id).`, { cause })
    this.partition = partition
  }
}

/** The partition was deleted, or its runtime stopped. */
export class PartitionStoppedError extends TroupeError {
  readonly code = 'PARTITION_STOPPED'
  readonly partition: Address
  constructor(partition: Address) {
    super(`"${partition}" is stopped: it was deleted, or its runtime was stopped. Open it again in a running runtime.`)
    this.partition = partition
  }
}

/** There is no partition at this address. */
export class PartitionNotFoundError extends TroupeError {
  readonly code = 'PARTITION_NOT_FOUND'
  readonly partition: Address
  constructor(partition: Address) {
    super(
      `There is no "${partition}": it was never opened, or is deleted. Open it with runtime.partitions(kind).open(id).`,
    )
    this.partition = partition
  }
}

/** The partition of this id is being deleted. */
export class PartitionExistsError extends TroupeError {
  readonly code = 'PARTITION_EXISTS'
  readonly partition: Address
  constructor(partition: Address) {
    super(`"${partition}" is being deleted. Wait for that before you open it again.`)
    this.partition = partition
  }
}

/** The journal holds the partition, but it cannot go on as things are. */
export class PartitionQuarantinedError extends TroupeError {
  readonly code = 'PARTITION_QUARANTINED'
  readonly partition: Address
  /** The code of the error because of which it is quarantined. */
  readonly reason: string
  constructor(partition: Address, { code, reason }: Quarantined) {
    super(
      `"${partition}" is quarantined (${code}): ${reason.replace(/\.?$/, '.')} Fix that and call runtime.partitions(kind).retry(id) or start again, or give it up with runtime.partitions(kind).delete(id).`,
    )
    this.partition = partition
    this.reason = code
  }
}
