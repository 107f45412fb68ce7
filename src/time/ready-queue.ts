import { Fifo } from '../fifo.ts'

/** Something that wants turns; `turn` says whether it wants another. */
export interface Ready {
  turn(): boolean
}

// So few that timers and sockets wait some milliseconds at most, also where a turn takes long.
const turnsPerYield = 200

/**
 * Gives one turn after another, in the order in which they were asked for, so that no actor starves another and no chain
 * of actors grows the stack. After 200 turns the event loop gets its own.
 */
export class ReadyQueue {
  readonly #queue = new Fifo<Ready>()
  #spent = 0
  #draining = false
  #scheduled = false
  #yielding = false
  #held = 0

  push(ready: Ready): void {
    this.#queue.push(ready)
    this.#schedule()
  }

  /** Gives no turns until the returned function is called. */
  hold(): () => void {
    this.#held++
    return () => {
      this.#held--
      if (this.#queue.size > 0) this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#held > 0 || this.#scheduled || this.#draining || this.#yielding) return
    this.#scheduled = true
    queueMicrotask(() => this.#drain())
  }

  #drain(): void {
    this.#scheduled = false
    if (this.#held > 0) return
    this.#draining = true
    try {
      while (this.#queue.size > 0 && this.#spent < turnsPerYield) {
        const ready = this.#queue.shift()
        this.#spent++
        if (ready?.turn()) this.#queue.push(ready)
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
      if (this.#queue.size > 0) this.#schedule()
    })
  }
}
