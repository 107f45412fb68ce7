import type { Timers } from '../time/timers.ts'

/** A wait that can be ended before its time, one at a time. */
export class Rest {
  readonly #timers: Timers
  #end: (() => void) | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Resolves when the time is over, or when `end` is called. */
  for(ms = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise(resolve => {
      const isEndless = ms === Number.POSITIVE_INFINITY
      const cancel = isEndless ? () => {} : this.#timers.after(ms, () => this.end())
      this.#end = () => {
        this.#end = undefined
        cancel()
        resolve()
      }
    })
  }

  end(): void {
    this.#end?.()
  }
}
