import { AsyncLocalStorage } from 'node:async_hooks'

/** Something that runs when it is chosen. */
export interface HeldTask {
  /** Left out for tasks of the scheduler, which have no name. */
  readonly label?: string | undefined
  /** Whether it is a write that the journal has begun: it may still happen when its process has ended. */
  readonly isWrite?: boolean
  run(): void
}

/** What could run next, in the order in which it became ready. */
export class HeldTasks {
  #tasks: HeldTask[] = []

  get size(): number {
    return this.#tasks.length
  }

  hold(task: HeldTask): void {
    this.#tasks.push(task)
  }

  /** Holds a task of a scheduler, which keeps its own async context. */
  schedule(task: () => void): void {
    this.#tasks.push({ run: AsyncLocalStorage.bind(task) })
  }

  /** Resolves when it is chosen. */
  turn(label: string, isWrite = false): Promise<void> {
    return new Promise(resolve => this.#tasks.push({ label, isWrite, run: resolve }))
  }

  /** Takes the task at an index. */
  take(index: number): HeldTask | undefined {
    return index === 0 ? this.#tasks.shift() : this.#tasks.splice(index, 1)[0]
  }

  /** Forgets all tasks; gives those that were forgotten. */
  clear(): readonly HeldTask[] {
    const tasks = this.#tasks
    this.#tasks = []
    return tasks
  }
}
