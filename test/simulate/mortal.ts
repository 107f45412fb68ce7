import type { Clock, Scheduler } from 'troupe'
import type { HeldTasks } from './held-tasks.ts'

type MeasuringClock = Clock & { elapsed(): number }

/** A process of a run. When it has ended, nothing of it runs any more, and no timer of it fires. */
export class Mortal {
  readonly clock: MeasuringClock
  readonly scheduler: Scheduler
  #isOver = false

  constructor(clock: MeasuringClock, tasks: HeldTasks, choose: Scheduler['next'] & object) {
    this.clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (ms, fire) => clock.after(ms, () => this.#isOver || fire()),
    }
    const schedule = (task: () => void) => {
      if (!this.#isOver) tasks.schedule(task)
    }
    this.scheduler = {
      microtask: schedule,
      turn: schedule,
      next: ready => (this.#isOver ? undefined : choose(ready)),
    }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  end(): void {
    this.#isOver = true
  }
}

/** A promise of a process that has ended. Each has its own, so that nothing keeps what waits for it in memory. */
export function never(): Promise<never> {
  return new Promise(() => {})
}
