/** How long something took that happened again and again, in milliseconds. */
export class Times {
  #measured = 0
  #total = 0
  /** The last time; none before the first was measured. */
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
