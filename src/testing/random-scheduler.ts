import { AsyncLocalStorage } from 'node:async_hooks'
import { type Scheduler, systemScheduler } from '../index.ts'

/** A scheduler that chooses at random. */
export interface RandomScheduler extends Scheduler {
  next(ready: readonly unknown[]): number | undefined
  /** How many microtasks and turns wait. */
  readonly held: number
  /**
   * Calls nothing until a promise has settled, and resolves then. What is called next does not depend on how long that takes: so the
   * answers of a disk come at moments that the seed has chosen.
   */
  standStill(until: Promise<unknown>): Promise<void>
}

/** So often the event loop turns although agents are ready, so that promises settle between the turns of agents. */
const pauses = 0.25

/**
 * A scheduler for tests that attack the order: which agent is next, which microtask or turn of those that wait, and after how many
 * turns of agents the event loop turns. Nothing in a program that is correct depends on that. With `seededRandom`, a simulated
 * clock and a journal without a disk, the same seed gives the same run to the byte; `createTestRuntime` does so with a disk, too.
 *
 * @example
 * const scheduler = randomScheduler(seededRandom(7))
 * const runtime = createRuntime({ party: trip, scheduler, clock: createSimulatedClock(), random: seededRandom(7) })
 *
 * @param random numbers from 0 up to but not including 1, one for each choice
 */
export function randomScheduler(random: () => number): RandomScheduler {
  const oneOf = (all: readonly unknown[]) => Math.floor(random() * all.length)
  const microtasks = new HeldTasks(systemScheduler.microtask, oneOf)
  const turns = new HeldTasks(systemScheduler.turn, oneOf)
  return {
    microtask: task => microtasks.hold(task),
    turn: task => turns.hold(task),
    next: ready => (random() < pauses ? undefined : oneOf(ready)),
    get held() {
      return microtasks.size + turns.size
    },
    async standStill(until) {
      const all = [microtasks, turns]
      for (const tasks of all) tasks.stop()
      await Promise.allSettled([until])
      // What the program does at once is over then, whether the promise had settled before or not.
      await new Promise<void>(resolve => systemScheduler.turn(resolve))
      for (const tasks of all) tasks.goOn()
    },
  }
}

/** Tasks that are called one at a time, in an order that is chosen. */
class HeldTasks {
  readonly #later: (task: () => void) => void
  readonly #choose: (tasks: readonly unknown[]) => number
  readonly #tasks: (() => void)[] = []
  #isDue = false
  /** How many have stopped it. */
  #stops = 0

  /** @param later calls a function a little later */
  constructor(later: (task: () => void) => void, choose: (tasks: readonly unknown[]) => number) {
    this.#later = later
    this.#choose = choose
  }

  get size(): number {
    return this.#tasks.length
  }

  hold(task: () => void): void {
    // Another task may be the reason why this one is called: it keeps its own async context.
    this.#tasks.push(AsyncLocalStorage.bind(task))
    this.#proceed()
  }

  /** Calls no task until `goOn`. */
  stop(): void {
    this.#stops++
  }

  goOn(): void {
    this.#stops--
    this.#proceed()
  }

  #proceed(): void {
    if (this.#isDue || this.#stops > 0 || this.#tasks.length === 0) return
    this.#isDue = true
    this.#later(this.#callOne)
  }

  readonly #callOne = () => {
    this.#isDue = false
    if (this.#stops > 0) return
    const [task] = this.#tasks.splice(this.#choose(this.#tasks), 1)
    this.#proceed()
    task?.()
  }
}
