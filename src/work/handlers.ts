import type { Handler } from '../invoke/handler.ts'
import type { Address } from '../mail/address.ts'

/** The handlers of a runtime, by address and by what they answer. */
export class Handlers {
  readonly #byAddress = new Map<Address, Handler>()
  readonly #byType = new Map<string, readonly Handler[]>()

  add(handler: Handler): void {
    this.#byAddress.set(handler.address, handler)
    this.#byType.set(handler.request.type, [...this.#of(handler.request.type), handler])
  }

  remove(handler: Handler): void {
    const { type } = handler.request
    if (this.#byAddress.get(handler.address) !== handler) return
    this.#byAddress.delete(handler.address)
    this.#byType.set(
      type,
      this.#of(type).filter(other => other !== handler),
    )
  }

  at(address: Address): Handler | undefined {
    return this.#byAddress.get(address)
  }

  /** The oldest handler that answers requests of a type. */
  answering(type: string): Handler | undefined {
    return this.#of(type)[0]
  }

  [Symbol.iterator](): Iterator<Handler> {
    return this.#byAddress.values()
  }

  #of(type: string): readonly Handler[] {
    return this.#byType.get(type) ?? []
  }
}
