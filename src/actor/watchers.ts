import type { AnyMachineSnapshot } from 'xstate'

type Watcher = (snapshot: AnyMachineSnapshot) => void

/** The functions that get every new durable snapshot of an agent, also after its party was restored. */
export class Watchers {
  #all: readonly Watcher[] = []

  get all(): readonly Watcher[] {
    return this.#all
  }

  /** Adds a watcher. The returned function removes it. */
  add(watcher: Watcher): () => void {
    this.#all = [...this.#all, watcher]
    return () => {
      this.#all = this.#all.filter(other => other !== watcher)
    }
  }
}
