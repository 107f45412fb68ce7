import type { Clock } from '../clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
  /** Its place in the heap; -1 once it fired or was cancelled. */
  place: number
}

// Beyond this, setTimeout of every host fires at once; a longer timer is armed again when it is reached.
const longest = 2_147_483_647

/**
 * The timers of a runtime: a heap by due time, so that setting and cancelling cost O(log n) however many there are, and
 * one timer of the clock for the earliest of them.
 */
export class Timers {
  readonly #clock: Clock
  readonly #fault: (error: unknown) => void
  #heap: Timer[] = []
  #count = 0
  #armed: { readonly at: number; readonly disarm: () => void } | undefined

  /** @param fault is told of what a timer throws; the others fire all the same */
  constructor(clock: Clock, fault: (error: unknown) => void) {
    this.#clock = clock
    this.#fault = fault
  }

  get size(): number {
    return this.#heap.length
  }

  /** Calls `fire` once after `ms` milliseconds (at once if that is no positive number); the returned function takes that back. */
  after(ms: number, fire: () => void): () => void {
    const timer: Timer = {
      at: this.#clock.now() + (ms > 0 ? ms : 0),
      order: this.#count++,
      fire,
      place: this.#heap.length,
    }
    this.#heap.push(timer)
    this.#rise(timer)
    this.#arm()
    return () => this.#cancel(timer)
  }

  clear(): void {
    this.#armed?.disarm()
    this.#armed = undefined
    for (const timer of this.#heap) timer.place = -1
    this.#heap = []
  }

  #cancel(timer: Timer): void {
    if (timer.place < 0) return
    this.#remove(timer)
    this.#arm()
  }

  #arm(): void {
    const next = this.#heap[0]
    if (next?.at === this.#armed?.at) return
    this.#armed?.disarm()
    this.#armed = next && {
      at: next.at,
      disarm: this.#clock.after(Math.min(longest, Math.max(0, next.at - this.#clock.now())), () => this.#fireDue()),
    }
  }

  #fireDue(): void {
    this.#armed = undefined
    const now = this.#clock.now()
    for (let timer = this.#heap[0]; timer && timer.at <= now; timer = this.#heap[0]) {
      this.#remove(timer)
      try {
        timer.fire()
      } catch (error) {
        this.#fault(error)
      }
    }
    this.#arm()
  }

  #remove(timer: Timer): void {
    const last = this.#heap.pop()
    if (last && last !== timer) {
      this.#put(last, timer.place)
      this.#sink(last)
      this.#rise(last)
    }
    timer.place = -1
  }

  #rise(timer: Timer): void {
    for (;;) {
      const parent = this.#heap[(timer.place - 1) >> 1]
      if (timer.place === 0 || !parent || !isDueBefore(timer, parent)) return
      const place = parent.place
      this.#put(parent, timer.place)
      this.#put(timer, place)
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1]
      const right = this.#heap[2 * timer.place + 2]
      const child = left && right && isDueBefore(right, left) ? right : left
      if (!child || !isDueBefore(child, timer)) return
      const place = child.place
      this.#put(child, timer.place)
      this.#put(timer, place)
    }
  }

  #put(timer: Timer, place: number): void {
    timer.place = place
    this.#heap[place] = timer
  }
}

function isDueBefore(timer: Timer, other: Timer): boolean {
  return timer.at < other.at || (timer.at === other.at && timer.order < other.order)
}
