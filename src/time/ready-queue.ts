import { Fifo } from '../fifo.ts'
import { ChosenAgents } from './chosen-agents.ts'
import type { ReadyAgent, Scheduler } from './scheduler.ts'

/** An agent that wants turns; `turn` says whether it wants another. */
export interface Ready extends ReadyAgent {
  turn(): boolean
}

/** The agents that wait for a turn. */
interface Waiting {
  readonly size: number
  push(ready: Ready): void
  /** Takes the agent that has the next turn; `undefined` lets the event loop turn first. */
  shift(): Ready | undefined
}

// So few that timers and sockets wait only some milliseconds, even if turns take long.
const turnsPerYield = 200

/**
 * Gives one turn after another, in the order in which they were asked for or as the scheduler chooses, so that no actor starves
 * another and no chain of actors grows the stack. After 200 turns the event loop gets its own.
 */
export class ReadyQueue {
  readonly #scheduler: Scheduler
  readonly #queue: Waiting
  #spent = 0
  #draining = false
  #scheduled = false
  /** Whether a turn of the event loop is asked for, after which `#spent` counts anew. */
  #counting = false
  /** Whether agents wait for that turn. */
  #yielding = false
  #held = 0

  /** @param fault is called with the error of a scheduler that does not choose among the agents that are ready */
  constructor(scheduler: Scheduler, fault: (error: unknown) => void) {
    this.#scheduler = scheduler
    this.#queue = scheduler.next ? new ChosenAgents(scheduler, fault) : new Fifo()
  }

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
    this.#scheduler.microtask(this.#drain)
  }

  readonly #drain = () => {
    this.#scheduled = false
    if (this.#held > 0) return
    this.#draining = true
    try {
      while (this.#queue.size > 0 && this.#spent < turnsPerYield) {
        const ready = this.#queue.shift()
        if (ready) this.#spent++
        else this.#spent = turnsPerYield
        if (ready?.turn()) this.#queue.push(ready)
      }
    } finally {
      // A turn that throws does not keep other actors from their turns.
      this.#draining = false
      if (this.#spent > 0) this.#yield()
    }
  }

  // Microtasks alone would starve timers and sockets, so turns are counted until the event loop has had its turn.
  #yield(): void {
    if (this.#spent >= turnsPerYield) this.#yielding = true
    if (this.#counting) return
    this.#counting = true
    this.#scheduler.turn(this.#turned)
  }

  readonly #turned = () => {
    this.#spent = 0
    this.#counting = false
    this.#yielding = false
    if (this.#queue.size > 0) this.#schedule()
  }
}
