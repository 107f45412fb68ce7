import type { AskedOf } from '../events/request.ts'
import { AskCancelledError, AskTimeoutError } from '../invoke/ask-errors.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { nothing } from '../invoke/pending-ask.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import { type Address, addressOf, NoAddressError } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Messages } from '../transport/message.ts'
import type { Callee, KnownRequest } from './asking.ts'
import { errorData } from './outcomes.ts'

/** Milliseconds between two attempts to reach a partition that is not open yet: another runtime may open it. */
const pause = 1_000

/** An ask that another process has made: it waits for a callee that is not there yet. */
export interface RestoredAsk {
  /** What the journal says of requests, as far as this runtime has read it. */
  readonly requests: SavedRequests | undefined
}

/** Where a callee is that is reached by messages. */
interface Whereabouts {
  /** The partition of the callee. */
  readonly there: Address
  /** The callee; none for whichever hears the request there. */
  readonly to: Address | undefined
  /** Set if another process has made the ask. */
  readonly restored?: RestoredAsk | undefined
}

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
  /** What a message says of an ask that another process has made. */
  readonly #restored: Pick<Messages['ask'], 'again'>
  #key = ''
  /** Whether the request was sent, as far as it is known. */
  #isSent = false
  /** Ends the wait for a partition that is not open yet. */
  #leave = nothing

  constructor(partition: Partition, links: Links, { there, to, restored }: Whereabouts) {
    this.partition = partition
    this.address = to ?? there
    this.#links = links
    this.#there = there
    this.#to = to
    const isUnread = !restored?.requests?.has(there)
    this.#restored = restored ? { again: isUnread ? { isUnread } : {} } : {}
  }

  /** Only the other side knows the callee. */
  check(): void {}

  take(request: AskedOf, source: Address, origin: Origin): void {
    this.#key = request.ask
    // A retry is a new request, whatever became of the first one.
    const restored = this.#isSent && this.#restored.again ? { again: {} } : this.#restored
    this.#send(() => this.#messageOf(request, source, origin), restored)
  }

  resume(request: AskedOf, source: Address, origin: Origin, { at, callee, takenBy }: KnownRequest): void {
    this.#key = request.ask
    // No agent has the request any more: the ask ends at its deadline.
    if (callee === undefined) return
    const again = { callee: addressOf(at, callee), ...(takenBy !== undefined && { takenBy }) }
    this.#send(() => this.#messageOf(request, source, origin), { again })
  }

  abandon(why?: unknown): void {
    this.#leave()
    const isWanted = why !== undefined && !(why instanceof AskTimeoutError) && !(why instanceof AskCancelledError)
    // Otherwise the other side has ended the ask.
    if (isWanted) return
    const error = why === undefined ? {} : { error: errorData(why) }
    // A deadline runs there too.
    this.#links.send(this.#there, { type: 'cancel', ask: this.#key, ...error }, () => {})
  }

  #messageOf({ type: request, data, ask }: AskedOf, source: Address, origin: Origin): Messages['ask'] {
    const { asks, address: from } = this.partition
    const wait = asks.remaining(ask)
    return {
      type: 'ask',
      // A caller outside the agents has no partition.
      from: ask.startsWith('outside/') ? this.#links.own : from,
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

  #send(make: () => Messages['ask'], restored: Pick<Messages['ask'], 'again'>): void {
    this.#isSent = true
    this.#links.send(this.#there, { ...make(), ...restored }, error => {
      this.#isSent = false
      const isAwaited = restored.again && error instanceof NoAddressError
      if (isAwaited) this.#later(() => this.#send(make, restored))
      else this.partition.asks.fail(this.#key, error)
    })
  }

  /** Sends again when an agent, a handler or a partition has come, and from time to time: until the ask ends. */
  #later(send: () => void): void {
    const { asks, system } = this.partition
    const { awaitingCallee, timers } = system
    const again = () => {
      this.#leave()
      if (asks.get(this.#key)) send()
    }
    const cancelTimer = timers.after(pause, again)
    awaitingCallee.add(again)
    this.#leave = () => {
      cancelTimer()
      awaitingCallee.delete(again)
    }
  }
}

/** The asks on whose behalf an ask is made, the nearest first. */
function behalfOf(asks: AskTable, key: string | undefined): readonly string[] {
  const ask = key === undefined ? undefined : asks.get(key)
  return ask ? [ask.key, ...(ask.behalf ?? behalfOf(asks, ask.parent))] : []
}
