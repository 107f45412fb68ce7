import type { TroupeError } from '../errors.ts'
import { type Address, NoAddressError } from '../mail/address.ts'
import type { Message } from './message.ts'
import { type Transport, TransportError } from './transport.ts'

/** Where the partitions of a runtime send what is for others. */
export class Links {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  open(address: Address, receive: (message: Message) => void): () => void {
    return this.#transport.open(address, receive)
  }

  /** @param undelivered called, at once or later, if it is known that nobody gets the message */
  send(to: Address, message: Message, undelivered: (error: TroupeError) => void): void {
    try {
      this.#transport.send(to, message, () => undelivered(new NoAddressError(to)))
    } catch (error) {
      undelivered(new TransportError(to, message.type, error))
    }
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }
}
