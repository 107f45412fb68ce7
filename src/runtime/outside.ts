import type { Registry } from '../actor/registry.ts'
import type { TroupeError } from '../errors.ts'
import { OwnershipLostError, type PartitionOwnedError } from '../journal/ownership.ts'
import { Crew } from '../lifecycle/crew.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { addressOf, NoAddressError, runtimePartition } from '../mail/address.ts'
import { Partition } from '../partition/partition.ts'
import type { Partitions } from '../partition/partitions.ts'
import type { System } from '../partition/system.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'

/**
 * The agents outside the parties: their partition, and the crew that looks after them. Where another runtime owns them, there is
 * a silent partition without agents and without frames, in which this runtime reports what happens in it.
 */
export class Outside implements Whereabouts {
  readonly #system: System<Partition>
  readonly #partitions: Partitions
  readonly #intensity: RestartIntensity
  /** Another one when this runtime loses the agents or takes them over, and so is the crew. */
  partition: Partition
  crew: Crew
  #elsewhere: PartitionOwnedError | OwnershipLostError | undefined

  constructor(system: System<Partition>, partitions: Partitions, intensity: RestartIntensity) {
    this.#system = system
    this.#partitions = partitions
    this.#intensity = intensity
    this.partition = this.#newPartition()
    this.crew = this.#newCrew(this.partition)
  }

  #newPartition(): Partition {
    const partition: Partition = new Partition(this.#system, runtimePartition, {
      failed: error => {
        this.crew.end('failed', error)
        this.partition.reportError('error', error)
      },
    })
    this.#partitions.add(partition)
    return partition
  }

  #newCrew(partition: Partition): Crew {
    return new Crew(partition, { intensity: this.#intensity }, (error, escalated) => {
      partition.append({ kind: 'supervision' }, [escalated])
      // All agents here have stopped, and the runtime is about to stop.
      partition.close(error)
    })
  }

  get registry(): Registry {
    return this.partition.registry
  }

  missing(name: string): TroupeError {
    return this.#elsewhere ?? new NoAddressError(addressOf(runtimePartition, name))
  }

  /** Why the agents are not in this runtime, if they are not. */
  get elsewhere(): PartitionOwnedError | OwnershipLostError | undefined {
    return this.#elsewhere
  }

  /** Another runtime owns the agents: those that are here stop at once, without frames that say so. */
  leave(error: PartitionOwnedError | OwnershipLostError): void {
    const [partition, crew] = [this.partition, this.crew]
    this.#elsewhere = error
    this.#renew()
    this.partition.frames.suspend()
    this.partition.close(error)
    if (error instanceof OwnershipLostError) partition.leave(error)
    else partition.frames.suspend()
    crew.end('failed', error)
  }

  /** This runtime owns the agents from now on: recovery is about to restore them. Callers wait for `open`. */
  reopen(): void {
    this.#renew()
  }

  /** The agents are restored, or about to start here for the first time. */
  open(): void {
    this.#elsewhere = undefined
  }

  #renew(): void {
    this.partition = this.#newPartition()
    this.crew = this.#newCrew(this.partition)
  }

  checkOpen(): void {
    this.#system.checkRunning()
    this.checkStoppable()
  }

  checkStoppable(): void {
    const { gaveUp } = this.crew
    if (gaveUp) throw gaveUp
    if (this.#elsewhere) throw this.#elsewhere
  }
}
