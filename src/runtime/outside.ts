import { Crew } from '../lifecycle/crew.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { runtimePartition } from '../mail/address.ts'
import { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'

/** The agents outside the parties: their partition, and the crew that looks after them. */
export class Outside implements Whereabouts {
  readonly partition: Partition
  readonly crew: Crew
  readonly #system: System<Partition>

  constructor(system: System<Partition>, intensity: RestartIntensity) {
    this.#system = system
    this.partition = new Partition(system, runtimePartition, {
      failed: error => {
        this.crew.end('failed', error)
        this.partition.reportError('error', error)
      },
    })
    this.crew = new Crew(this.partition, { intensity }, (error, escalated) => {
      this.partition.append({ kind: 'supervision' }, [escalated])
      // All agents here have stopped, and the runtime is about to stop.
      this.partition.close(error)
    })
  }

  checkOpen(): void {
    this.#system.checkRunning()
    this.checkStoppable()
  }

  checkStoppable(): void {
    const { gaveUp } = this.crew
    if (gaveUp) throw gaveUp
  }
}
