import type { Invariant, Report, Written } from '../invariant.ts'

interface Timer {
  readonly delay: number
  /** Its time that has passed until `since`. */
  passed: number
  /** Milliseconds since the run began. */
  since: number
}

/** Milliseconds. */
const rounding = 1

/** When timers go on in the next process: after the time that they had left, or at their date. */
type Rule = 'absolute' | 'remaining'

/**
 * Timers of agents fire when their delay has passed: not before, and not after. Holds as long as time moves only when nothing else
 * happens.
 */
export class TimersInTime implements Invariant {
  readonly name = 'timers fire in time'
  readonly #report: Report
  readonly #rule: Rule
  readonly #isTimeDisturbed: () => boolean
  readonly #timers = new Map<string, Timer>()
  /** When the last frame was written, of any partition. */
  #last = 0
  #process = 1

  constructor(report: Report, rule: Rule, isTimeDisturbed: () => boolean) {
    this.#report = report
    this.#rule = rule
    this.#isTimeDisturbed = isTimeDisturbed
  }

  written({ partition, frames, process, elapsed, isLate }: Written): void {
    // What a process that has ended writes late has no moment of its own.
    if (isLate || this.#isTimeDisturbed()) return this.#timers.clear()
    if (process > this.#process) this.#begin(process, elapsed)
    this.#last = elapsed
    for (const { entries } of frames)
      for (const entry of entries)
        if (entry.kind === 'timer' && entry.delay !== undefined)
          this.#timers.set(keyOf(partition, entry), { delay: entry.delay, passed: 0, since: elapsed })
        else if (entry.kind === 'cancelled') this.#timers.delete(keyOf(partition, entry))
        else if (entry.kind === 'fired') this.#fire(keyOf(partition, entry), elapsed)
  }

  /** The last process certainly ran until its last frame. */
  #begin(process: number, elapsed: number): void {
    this.#process = process
    if (this.#rule === 'absolute') return
    for (const timer of this.#timers.values()) {
      timer.passed += Math.max(0, this.#last - timer.since)
      timer.since = elapsed
    }
  }

  #fire(key: string, elapsed: number): void {
    const timer = this.#timers.get(key)
    if (!timer) return
    this.#timers.delete(key)
    const passed = timer.passed + elapsed - timer.since
    if (passed < timer.delay - rounding)
      this.#report(`${key} fired after ${passed} ms, and its delay is ${timer.delay} ms`)
    if (this.#rule === 'remaining' && passed > timer.delay + rounding)
      this.#report(`${key} fired after ${passed} ms of time in which a process ran, and its delay is ${timer.delay} ms`)
  }

  deleted(): void {
    this.#timers.clear()
  }
}

function keyOf(
  partition: string,
  { agent, id, key = id }: { readonly agent: string; readonly id: string; readonly key?: string },
): string {
  return `${partition} ${agent} ${key}`
}
