/** How long something takes that happens again and again, in milliseconds. */
export class Durations {
  #measured = 0
  #total = 0
  /** The last duration; `undefined` before the first measurement. */
  last: number | undefined

  took(ms: number): void {
    this.#measured++
    this.#total += ms
    this.last = ms
  }

  get average(): number | undefined {
    return this.#measured === 0 ? undefined : this.#total / this.#measured
  }
}
