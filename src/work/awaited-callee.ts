import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Callee } from './asking.ts'

/** An agent that has a request from an earlier process, and is not there yet. */
export class AwaitedCallee implements Callee {
  readonly address: Address
  readonly isHere = false
  readonly isJournalled = true
  readonly #awaiting: Set<() => void>
  readonly #find: () => Callee
  #retry: (() => void) | undefined

  /** @param find finds the callee, or throws */
  constructor({ system }: Partition, address: Address, find: () => Callee) {
    this.address = address
    this.#awaiting = system.awaitingCallee
    this.#find = find
  }

  /** Calls back once, when the callee is there. */
  wait(found: (callee: Callee) => void): void {
    const retry = () => {
      let callee: Callee
      try {
        callee = this.#find()
      } catch {
        return
      }
      this.abandon()
      found(callee)
    }
    this.#retry = retry
    this.#awaiting.add(retry)
  }

  check(): void {}

  /** It has the request. */
  take(): void {}

  abandon(): void {
    if (this.#retry) this.#awaiting.delete(this.#retry)
  }
}
