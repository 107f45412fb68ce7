import { Fifo } from '../fifo.ts'
import type { Scheduler } from '../time/scheduler.ts'

/** After this many events in a row, the event loop gets a turn. */
export const eventsPerTurn = 200

/**
 * Makes subscribers that publish wait for a turn of the event loop after every 200 events: subscribers that answer each other, or
 * themselves, may never stop, and timers and sockets would never get a turn.
 */
export class Throttle {
  readonly #scheduler: Pick<Scheduler, 'turn'>
  /** How many events subscribers have published since the event loop turned. */
  #published = 0
  /** The publishers that wait for its next turn. */
  readonly #waiting = new Fifo<() => void>()

  constructor(scheduler: Pick<Scheduler, 'turn'>) {
    this.#scheduler = scheduler
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Call it for each event that a subscriber publishes. @returns what its publisher awaits, if it must wait */
  turn(): Promise<void> | undefined {
    if (this.#published++ === 0) this.#scheduler.turn(() => this.#turned())
    // A publisher waits behind the publishers that wait already.
    const mayGoOn = this.#waiting.size === 0 && this.#published <= eventsPerTurn
    return mayGoOn ? undefined : new Promise(resolve => this.#waiting.push(resolve))
  }

  #turned(): void {
    this.#published = Math.min(this.#waiting.size, eventsPerTurn)
    for (let released = 0; released < eventsPerTurn; released++) this.#waiting.shift()?.()
    if (this.#published > 0) this.#scheduler.turn(() => this.#turned())
  }
}
