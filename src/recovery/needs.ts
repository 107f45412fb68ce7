import type { Agent } from '../agent/agent.ts'
import type { MachineEditedError } from '../agent/edited.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { PartitionOwnedError } from '../journal/ownership.ts'
import type { Recallable, Recalled } from '../journal/recall.ts'
import type { Crew } from '../lifecycle/crew.ts'
import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Schedules } from '../readers/schedules.ts'
import type { Supervised } from '../supervision/definition.ts'

/** What recovery needs of a runtime. */
export interface RecoveryNeeds {
  readonly system: System<Partition>
  readonly outside: Partition
  readonly crew: Crew
  /** Agents that are started outside the parties. */
  readonly tree: readonly Supervised[]
  /** Every definition that the program has; several versions of an agent have the same name. */
  readonly definitions: readonly Agent[]
  readonly schedules: Schedules
  /** Whether an edited machine goes on if its saved snapshot still fits. */
  readonly development: boolean
  /** Partitions are about to be restored. */
  recovering(): void
  /** All partitions are restored. */
  recovered(): void
  /** A partition that is about to be restored. @throws why this program cannot */
  saved(partition: Address): SavedPartition
  /** This runtime does not recover a partition that the journal holds: it belongs to another runtime. */
  elsewhere(partition: Address, error: PartitionOwnedError): void
  /**
   * An imported party is restored for the first time: agents of this runtime do not hear what the party said up to a position.
   */
  imported(partition: Address, position: number): Promise<void>
  /** A partition cannot be restored, for this reason; another runtime may own it. */
  quarantine(partition: Address, error: unknown): void
  /** How many partitions cannot be restored, and how many of them are parties. */
  quarantined(): { readonly all: number; readonly parties: number }
  /** An edited machine goes on. It is called for each agent of that definition. */
  edited(warning: MachineEditedError): void
}

/** A party or a partition of another kind, and what it does when it is restored. */
export interface SavedPartition {
  readonly partition: Partition
  readonly crew: Crew
  readonly tree: readonly Supervised[]
  readonly state: Recallable
  /** The definitions of the agents that it had in this process. */
  readonly former: readonly Agent[]
  /** Its agents are restored. */
  restored(): void
  /** All agents are restored: their work goes on. */
  resume(recalled: Recalled, requests: SavedRequests): void
  /** All work goes on: work that is done for an ask ends with that ask. */
  bindToAsks(): void
  /** The partition is in use again. */
  recovered(): void
}

/**
 * Calls a function for a partition. If it throws, that partition is quarantined, and the others go on; for the agents outside the
 * parties, the error is reported.
 */
export function guard({ outside, quarantine }: RecoveryNeeds, { address }: Partition, call: () => void): void {
  try {
    call()
  } catch (error) {
    if (address === outside.address) outside.reportError('error', error)
    else quarantine(address, error)
  }
}
