import { TroupeError, textOf } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Message } from './message.ts'

/**
 * The port by which partitions reach each other: by address, with messages that are plain data. It may lose messages, and then the
 * deadlines of asks end what waits for them. It delivers no message twice, and those of one sender to one address in order.
 * `transportContract` of `troupe/testing` has the tests.
 */
export interface Transport {
  /**
   * Makes a partition reachable. The returned function ends that.
   *
   * @param receive called with each message for the partition; it never throws
   */
  open(address: Address, receive: (message: Message) => void): () => void
  /**
   * Sends a message to a partition, without waiting for anything. It throws if it cannot carry the message.
   *
   * @param undelivered called at most once, at once or later, if it is known that the message reaches nobody
   */
  send(to: Address, message: Message, undelivered: () => void): void
  /** Nothing is delivered from now on. */
  close(): void | Promise<void>
}

/**
 * A transport inside one process: it hands each message to its receiver at once, as it is.
 *
 * @example
 * const runtime = createRuntime({ party: partyPlanner, transport: localTransport() })
 */
export function localTransport(): Transport {
  const receivers = new Map<Address, (message: Message) => void>()
  return {
    open(address, receive) {
      receivers.set(address, receive)
      return () => {
        if (receivers.get(address) === receive) receivers.delete(address)
      }
    },
    send(to, message, undelivered) {
      const receive = receivers.get(to)
      if (receive) receive(message)
      else undelivered()
    },
    close() {
      receivers.clear()
    },
  }
}

/** A transport could not carry a message. */
export class TransportError extends TroupeError {
  readonly code = 'TRANSPORT'
  readonly address: Address
  /** The type of the message. */
  readonly carried: string
  constructor(address: Address, message: Message['type'], cause: unknown) {
    super(
      `The transport could not carry a message "${message}" to "${address}": ${textOf(cause)}. Repair the transport, and try again.`,
      { cause },
    )
    this.address = address
    this.carried = message
  }
}

/** A message is of a type that this version does not know. */
export class UnknownMessageError extends TroupeError {
  readonly code = 'MESSAGE_UNKNOWN'
  constructor(message: unknown) {
    const { type }: { readonly type?: unknown } = Object(message)
    super(`A message of the type ${JSON.stringify(type)} came here. Let all processes run the same version of Troupe.`)
  }
}

/** A message has a part that is not as its type says. It is dropped. */
export class MalformedMessageError extends TroupeError {
  readonly code = 'MESSAGE_MALFORMED'
  /** The type of the message. */
  readonly carried: string
  /** Where the wrong part is, such as `envelope.priority`. */
  readonly path: string

  constructor(message: Message['type'], path: string, fault: string) {
    super(
      `A message "${message}" came here whose ${path} is wrong: ${fault}. It was dropped. Let all processes run the same version of Troupe.`,
    )
    this.carried = message
    this.path = path
  }
}
