import type { WatchedClock } from '../clock.ts'
import { Jumps } from '../journal/fold/jumps.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { ClockReading } from '../journal/frame.ts'

/**
 * The time of a partition. What happens there has a time that never falls, whoever corrects the clock. What waits there for a date
 * waits for the date of the clock, and as long as before where that jumps.
 */
export class PartitionTime {
  readonly #clock: WatchedClock
  readonly #position: () => number
  #last = Number.NEGATIVE_INFINITY
  #jumps = new Jumps()
  /** Up to which of the jumps of the clock these are. */
  #jumped: number
  /** Milliseconds that it has jumped, of which no frame tells yet. */
  #untold = 0

  /** @param position up to which things have been said there */
  constructor(clock: WatchedClock, position: () => number) {
    this.#clock = clock
    this.#position = position
    this.#jumped = clock.jumped
  }

  /** @param setBack milliseconds by which the clock was set back while nobody was there */
  continue({ time, jumps }: Pick<Standing, 'time' | 'jumps'>, setBack: number): void {
    this.#last = time
    this.#jumps = new Jumps(jumps.toJSON())
    this.#jumped = this.#clock.jumped
    this.#untold = -setBack
  }

  /** Of the last frame, epoch milliseconds. */
  get last(): number {
    return this.#last
  }

  /** Whether the clock has jumped, and no frame tells of that yet. */
  get isUntold(): boolean {
    return this.#untold !== 0
  }

  /** Of what happens now, epoch milliseconds; never behind the last frame. */
  now(): number {
    return Math.max(this.date(), this.#last)
  }

  /** What the clock shows, epoch milliseconds. */
  date(): number {
    const date = this.#clock.now()
    if (this.#clock.jumped !== this.#jumped) this.#noteJump(this.#clock.jumped)
    return date
  }

  #noteJump(jumped: number): void {
    const ms = jumped - this.#jumped
    this.#jumped = jumped
    this.#jumps.add({ at: this.#position(), ms })
    this.#untold += ms
  }

  /** Whether it is later than a date for which something has waited that was said at a position. */
  isAfter(date: number, position: number): boolean {
    const now = this.date()
    return date + this.#jumps.since(position) <= now
  }

  /** A frame is about to be appended. */
  goOn(time: number): void {
    this.#last = Math.max(this.#last, time)
  }

  /** What the next frame is to say of the clock, if anything. */
  reading(date: number): ClockReading | undefined {
    const jumped = this.#untold
    if (date === this.#last && jumped === 0) return undefined
    this.#untold = 0
    return { date, jumped }
  }
}
