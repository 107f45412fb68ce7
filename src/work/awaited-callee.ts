import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Callee } from './asking.ts'

/** Whoever is asked by an ask of another process, and is not there yet. */
export class AwaitedCallee implements Callee {
  readonly address: Address
  readonly isHere = false
  readonly isJournalled = true
  readonly #awaiting: Set<() => void>
  readonly #retry: () => void

  /**
   * @param find throws while the callee is not there
   * @param found called once, when the callee is there
   */
  constructor({ system }: Partition, address: Address, find: () => unknown, found: () => void) {
    this.address = address
    this.#awaiting = system.awaitingCallee
    this.#retry = () => {
      if (!this.#awaiting.has(this.#retry)) return
      try {
        find()
      } catch {
        return
      }
      this.abandon()
      found()
    }
    this.#awaiting.add(this.#retry)
  }

  check(): void {}

  /** The callee gets the request when it is found. */
  take(): void {}

  abandon(): void {
    this.#awaiting.delete(this.#retry)
  }
}
