import { TroupeError } from '../errors.ts'
import type { ReadyAgent, Scheduler } from './scheduler.ts'

/** Ready agents, among which a scheduler chooses who has the next turn. */
export class ChosenAgents<R extends ReadyAgent> {
  readonly #scheduler: Scheduler
  readonly #fault: (error: unknown) => void
  readonly #ready: R[] = []
  /** Whether the scheduler has chosen what cannot be chosen: it is not asked again. */
  #isFaulty = false

  constructor(scheduler: Scheduler, fault: (error: unknown) => void) {
    this.#scheduler = scheduler
    this.#fault = fault
  }

  get size(): number {
    return this.#ready.length
  }

  push(ready: R): void {
    this.#ready.push(ready)
  }

  /** Takes the agent that has the next turn; `undefined` lets the event loop turn first. */
  shift(): R | undefined {
    const index = this.#choose()
    return index === undefined ? undefined : this.#ready.splice(index, 1)[0]
  }

  #choose(): number | undefined {
    if (this.#isFaulty || !this.#scheduler.next) return 0
    try {
      const index = this.#scheduler.next(this.#ready)
      if (index === undefined || (Number.isInteger(index) && index in this.#ready)) return index
      throw new SchedulerError(`gave ${index}`, this.#ready.length)
    } catch (error) {
      this.#isFaulty = true
      this.#fault(
        error instanceof SchedulerError ? error : new SchedulerError('threw', this.#ready.length, { cause: error }),
      )
      return 0
    }
  }
}

/** The method `next` of a scheduler threw, or chose no agent of its list. */
export class SchedulerError extends TroupeError {
  readonly code = 'SCHEDULER'
  /** How many agents it could choose from. */
  readonly ready: number

  constructor(what: string, ready: number, options?: ErrorOptions) {
    super(
      `The method next of the scheduler ${what} when ${ready} ${ready === 1 ? 'agent was' : 'agents were'} ready. ` +
        'Agents have their turns in the order in which they became ready from now on. ' +
        'Let next give an index of the list that it gets, or undefined to let the event loop turn first.',
      options,
    )
    this.ready = ready
  }
}
