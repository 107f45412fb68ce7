/** Something that wants turns; `turn` says whether it wants another. */
export interface Ready {
  turn(): boolean
}

const turnsPerYield = 1_000

/**
 * Gives one turn after another, in the order in which they were asked for, so that no actor starves another and no chain
 * of actors grows the stack. After 1,000 turns the event loop gets its own.
 */
export class ReadyQueue {
  #queue: Ready[] = []
  #head = 0
  #spent = 0
  #draining = false
  #scheduled = false
  #yielding = false

  push(ready: Ready): void {
    this.#queue.push(ready)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#draining || this.#yielding) return
    this.#scheduled = true
    queueMicrotask(() => this.#drain())
  }

  #drain(): void {
    this.#scheduled = false
    this.#draining = true
    try {
      while (this.#head < this.#queue.length && this.#spent < turnsPerYield) {
        const ready = this.#queue[this.#head++]
        this.#spent++
        if (ready?.turn()) this.#queue.push(ready)
        if (this.#head === this.#queue.length || this.#head > turnsPerYield) this.#compact()
      }
    } finally {
      // Whatever was thrown, the others get their turns.
      this.#draining = false
      if (this.#spent > 0) this.#yield()
    }
  }

  // Microtasks alone would starve timers and sockets, so turns are counted until the event loop came round.
  #yield(): void {
    if (this.#yielding) return
    const waits = this.#spent >= turnsPerYield
    if (waits) this.#yielding = true
    setImmediate(() => {
      this.#spent = 0
      if (waits) this.#yielding = false
      if (this.#head < this.#queue.length) this.#schedule()
    })
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }
}
