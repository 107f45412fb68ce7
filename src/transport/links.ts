import type { TroupeError } from '../errors.ts'
import { type Address, NoAddressError } from '../mail/address.ts'
import type { Timers } from '../time/timers.ts'
import type { Message } from './message.ts'
import { type Transport, TransportError } from './transport.ts'

/** Milliseconds after which a message that has not arrived is lost, as far as `idle` is concerned. */
const patience = 1_000

/** Where the partitions of a runtime send what is for others. */
export class Links {
  /** Where callers outside the agents of this runtime get their answers. */
  readonly own: Address
  readonly #transport: Transport
  /** The partitions of this runtime. */
  readonly #here = new Set<Address>()
  /** Partitions of this runtime to which something was sent that may not have arrived. */
  readonly #awaited = new Set<Address>()
  /** The marks that are under way. */
  readonly #marks = new Map<number, () => void>()
  #count = 0

  /** @param own the address of the runtime */
  constructor(transport: Transport, own: Address) {
    this.#transport = transport
    this.own = own
  }

  open(address: Address, receive: (message: Message) => void): () => void {
    this.#here.add(address)
    const close = this.#transport.open(address, message => {
      if (isMark(message)) this.#marks.get(message.mark)?.()
      else receive(message)
    })
    return () => {
      this.#here.delete(address)
      this.#awaited.delete(address)
      close()
    }
  }

  /** @param undelivered called, at once or later, if it is known that nobody gets the message */
  send(to: Address, message: Message, undelivered: (error: TroupeError) => void): void {
    if (this.#here.has(to)) this.#awaited.add(to)
    this.#send(to, message, undelivered)
  }

  #send(to: Address, message: Message, undelivered: (error: TroupeError) => void): void {
    try {
      this.#transport.send(to, message, () => undelivered(new NoAddressError(to)))
    } catch (error) {
      undelivered(new TransportError(to, message.type, error))
    }
  }

  /** Whether messages to a partition of this runtime may be under way, besides those that `expect` was called for. */
  isUnderWay(to: Address): boolean {
    return this.#awaited.has(to)
  }

  /** As `arrived`, for a caller that counts the messages as under way until then. */
  expect(to: Address, timers: Timers, arrived: () => void): void {
    this.#awaited.delete(to)
    this.#whenArrived(to, timers, arrived)
  }

  /** Calls back once, when all messages that were sent so far to a partition of this runtime have arrived, or are lost. */
  #whenArrived(to: Address, timers: Timers, arrived: () => void): void {
    const mark = ++this.#count
    const cancel = timers.after(patience, () => over())
    const over = () => {
      cancel()
      if (this.#marks.delete(mark)) arrived()
    }
    this.#marks.set(mark, over)
    // The transport keeps the order of what is sent to one address.
    this.#send(to, { type: 'mark', mark }, over)
  }

  /** Resolves when all messages that were sent so far to a partition of this runtime have arrived, or are lost. */
  async arrived(to: Address, timers: Timers): Promise<void> {
    if (this.#here.has(to)) await new Promise<void>(resolve => this.#whenArrived(to, timers, resolve))
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }
}

function isMark(message: unknown): message is Extract<Message, { readonly type: 'mark' }> {
  const { type }: { readonly type?: unknown } = Object(message)
  return type === 'mark'
}
