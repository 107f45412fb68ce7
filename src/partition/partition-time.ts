import type { WatchedClock } from '../clock.ts'
import { Jumps } from '../journal/fold/jumps.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { ClockReading } from '../journal/frame.ts'

/**
 * The time of a partition. The time of its events never falls, also when the clock is set back. What waits for a date waits for
 * the date of the clock; when the clock jumps, it waits as long as before.
 */
export class PartitionTime {
  readonly #clock: WatchedClock
  readonly #position: () => number
  #last = Number.NEGATIVE_INFINITY
  #jumps = new Jumps()
  /** How far the clock had jumped in all when its jumps were last added here, milliseconds. */
  #jumped: number
  /** Milliseconds of jumps that no frame records yet. */
  #unrecorded = 0

  /** @param position returns the newest position of the partition */
  constructor(clock: WatchedClock, position: () => number) {
    this.#clock = clock
    this.#position = position
    this.#jumped = clock.jumped
  }

  /** @param setBack milliseconds by which the clock was set back while no process had the partition */
  continue({ time, jumps }: Pick<Standing, 'time' | 'jumps'>, setBack: number): void {
    this.#last = time
    this.#jumps = new Jumps(jumps.toJSON())
    this.#jumped = this.#clock.jumped
    this.#unrecorded = -setBack
  }

  /** The time of the last frame, epoch milliseconds. */
  get last(): number {
    return this.#last
  }

  /** Whether the clock has jumped, and no frame records that yet. */
  get isUnrecorded(): boolean {
    return this.#unrecorded !== 0
  }

  /** The time of what happens now, epoch milliseconds; never behind the last frame. */
  now(): number {
    return Math.max(this.date(), this.#last)
  }

  /** The date of the clock, epoch milliseconds. */
  date(): number {
    const date = this.#clock.now()
    if (this.#clock.jumped !== this.#jumped) this.#noteJump(this.#clock.jumped)
    return date
  }

  #noteJump(jumped: number): void {
    const ms = jumped - this.#jumped
    this.#jumped = jumped
    this.#jumps.add({ at: this.#position(), ms })
    this.#unrecorded += ms
  }

  /**
   * Whether a date has passed for something that waits for it since a position. Jumps of the clock since that position do not
   * count.
   */
  isAfter(date: number, position: number): boolean {
    const now = this.date()
    return date + this.#jumps.since(position) <= now
  }

  /** A frame is about to be appended. */
  goOn(time: number): void {
    this.#last = Math.max(this.#last, time)
  }

  /** The clock reading that the next frame must record; `undefined` if none. */
  reading(date: number): ClockReading | undefined {
    const jumped = this.#unrecorded
    if (date === this.#last && jumped === 0) return undefined
    this.#unrecorded = 0
    return { date, jumped }
  }
}
