import type { AskedOf } from '../events/request.ts'
import { AskCancelledError, AskTimeoutError } from '../invoke/ask-errors.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { type Address, addressOf } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Messages } from '../transport/message.ts'
import type { Callee, KnownRequest } from './asking.ts'
import { errorData } from './outcomes.ts'

/** An agent or a handler in a partition that is reached by messages. The answer comes as a message, too: see `arrivals.ts`. */
export class RemoteCallee implements Callee {
  readonly address: Address
  readonly isHere = false
  readonly isJournalled = true
  /** The partition of the asker. */
  readonly partition: Partition
  readonly #links: Links
  readonly #there: Address
  readonly #to: Address | undefined
  #key = ''

  /**
   * @param there the partition of the callee
   * @param to the callee; none for whichever hears the request there
   */
  constructor(partition: Partition, links: Links, there: Address, to: Address | undefined) {
    this.partition = partition
    this.address = to ?? there
    this.#links = links
    this.#there = there
    this.#to = to
  }

  /** Only the other side knows the callee. */
  check(): void {}

  take(request: AskedOf, source: Address, origin: Origin): void {
    this.#send(this.#messageOf(request, source, origin))
  }

  resume(request: AskedOf, source: Address, origin: Origin, { at, callee, takenBy }: KnownRequest): void {
    const message = this.#messageOf(request, source, origin)
    const to = callee === undefined ? {} : { to: addressOf(at, callee) }
    this.#send({ ...message, ...to, again: takenBy === undefined ? {} : { takenBy } })
  }

  abandon(why?: unknown): void {
    const isWanted = why !== undefined && !(why instanceof AskTimeoutError) && !(why instanceof AskCancelledError)
    // Otherwise the other side has ended the ask.
    if (isWanted) return
    const error = why === undefined ? {} : { error: errorData(why) }
    // A deadline runs there too.
    this.#links.send(this.#there, { type: 'cancel', ask: this.#key, ...error }, () => {})
  }

  #messageOf({ type: request, data, ask }: AskedOf, source: Address, origin: Origin): Messages['ask'] {
    this.#key = ask
    const { asks, address: from } = this.partition
    const wait = asks.remaining(ask)
    return {
      type: 'ask',
      from,
      ask,
      ...(this.#to !== undefined && { to: this.#to }),
      request,
      data,
      source,
      origin: originIn(origin),
      behalf: behalfOf(asks, origin.request),
      ...(wait < Number.POSITIVE_INFINITY && { wait }),
    }
  }

  #send(message: Messages['ask']): void {
    this.#links.send(this.#there, message, error => void this.partition.asks.fail(message.ask, error))
  }
}

/** The asks on whose behalf an ask is made, the nearest first. */
function behalfOf(asks: AskTable, key: string | undefined): readonly string[] {
  const ask = key === undefined ? undefined : asks.get(key)
  return ask ? [ask.key, ...(ask.behalf ?? behalfOf(asks, ask.parent))] : []
}
