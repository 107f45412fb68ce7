import type { Crew } from '../lifecycle/crew.ts'
import { runtimePartition } from '../mail/address.ts'
import { type Idle, IdleTimeoutError } from '../partition/activity.ts'
import type { Partition } from '../partition/partition.ts'
import { type IdleOptions, idle, isQuiet } from './idle.ts'
import type { Life } from './life.ts'

interface RestHost {
  readonly outside: { readonly partition: Partition; readonly crew: Crew }
  /** Parties, and partitions of other kinds. */
  lives(): readonly Life[]
}

/** Waits until all of a runtime is at rest: the agents outside the parties, and every other partition that has not ended. */
export class Rest {
  readonly #host: RestHost

  constructor(host: RestHost) {
    this.#host = host
  }

  /** Whether all are at rest now. */
  get isQuiet(): boolean {
    const isOutsideQuiet = this.#isOutsideEnded || isQuiet(this.#host.outside.partition)
    return isOutsideQuiet && this.#working().every(({ partition }) => isQuiet(partition))
  }

  /** Waits until all are at rest at the same time. @throws IdleTimeoutError */
  async idle({ timeout = 60_000, signal }: IdleOptions, isStopped: () => boolean): Promise<Idle> {
    const { partition: outside, crew } = this.#host.outside
    const end = outside.elapsed() + timeout
    for (let left = timeout; left > 0; left = end - outside.elapsed()) {
      const all = await Promise.all([
        idle(outside, crew, { timeout: left, signal }),
        ...this.#working().map(life => life.idle({ timeout: left, signal })),
      ])
      const waitingFor = all.flatMap(one => one.waitingFor)
      if (isStopped()) return { reason: 'stopped', waitingFor }
      // A partition may have given work to another that was already at rest.
      if (this.isQuiet) return { reason: waitingFor.length === 0 ? 'settled' : 'waiting', waitingFor }
    }
    throw new IdleTimeoutError(runtimePartition, timeout, [])
  }

  /**
   * Waits until all that still work are at rest, also if one of them fails; `false` if not all came to rest.
   *
   * @param hurried ends the wait
   */
  async drained(timeout: number, hurried: Promise<undefined>): Promise<boolean> {
    const { partition: outside, crew } = this.#host.outside
    const end = outside.elapsed() + timeout
    let drained = true
    for (let left = timeout; left > 0; left = end - outside.elapsed()) {
      const working: Promise<Idle>[] = this.#working().map(life => life.idle({ timeout: left }))
      if (!this.#isOutsideEnded) working.push(idle(outside, crew, { timeout: left }))
      const results = await Promise.race([Promise.allSettled(working), hurried])
      if (!results || results.some(({ status }) => status === 'rejected')) drained = false
      if (!results || this.isQuiet) return drained
    }
    return false
  }

  /** Whether the agents outside the parties have stopped, and that is durable, or the journal has failed. */
  get #isOutsideEnded(): boolean {
    const { partition: outside, crew } = this.#host.outside
    const { caughtUp, failure } = outside.watermark
    return crew.stopped && (caughtUp || failure !== undefined)
  }

  #working(): readonly Life[] {
    return this.#host.lives().filter(life => !life.ended)
  }
}
