import { isOf } from '../errors.ts'
import type { AskedOf, RequestDefinition } from '../events/request.ts'
import { askRequested, askSucceeded } from '../events/runtime-events.ts'
import type { OpenSpan } from '../following.ts'
import { AskCancelledError } from '../invoke/ask-errors.ts'
import type { Asked, Retry } from '../invoke/ask-options.ts'
import type { Outcome } from '../invoke/outside.ts'
import { PendingAsk } from '../invoke/pending-ask.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { type AskFields, endedEvent, requestedEvent } from './ask-events.ts'

/** Where an ask comes from: an agent, or a caller outside the agents. */
export interface Asker {
  /** The partition whose listeners hear of the ask. */
  readonly place: Partition
  /** The address of an agent; `outside` for a caller outside the agents. */
  readonly address: Address
  /** The partition of an agent; none for a caller outside the agents. */
  readonly partition: Address | undefined
  /** What the events of the ask call the asker. */
  readonly name: string
  /** The name that a caller outside the agents gave to the request. */
  readonly requestId: string | undefined
  readonly origin: Origin
  /** Whether another process sent the request, and has ended. */
  readonly isRecovered: boolean
  /** Closes an ask that has an answer or a failure: with `sayEnd`, and by what the asker itself waits for. */
  close(ask: Asking, outcome: Outcome): void
}

/**
 * Where the request of one ask goes: to an agent, which may be a member of a pool, or to a handler. The answer does not come
 * back through the callee: it ends the ask in the table of asks, now or later.
 */
export interface Callee {
  readonly address: Address
  /** Whether the callee lives in the partition of the asker, so that the request need not wait for the journal. */
  readonly isHere: boolean
  /** Whether the journal says what happens to the callee. */
  readonly isJournalled: boolean
  /** Takes the request, each time that it is sent. */
  take(request: AskedOf, source: Address, origin: Origin): void
  /**
   * Called when the ask ends without an answer.
   *
   * @param why nothing if the asker no longer waits
   */
  abandon(why?: unknown): void
  /** The callee has the request from another process: only its answer is wanted. */
  resume?(request: AskedOf, source: Address, origin: Origin, known: KnownRequest): void
}

/** What the journal says of a request that its callee has got already. */
export interface KnownRequest {
  /** The name of the agent that has not answered it, and the partition of that agent. */
  readonly callee: string | undefined
  readonly at: Address
  /** The incarnation that has taken the request. */
  readonly takenBy: number | undefined
}

/**
 * One ask, whoever asks and whoever is asked. Its life:
 *
 * 1. `open`: the table of asks knows it, and its deadline runs. Listeners hear `ask.requested`.
 * 2. `send`: the callee takes the request, and takes it again for each retry.
 * 3. `settle`: the table of asks has an answer or a failure for it, or else `cancelled`: the asker no longer waits.
 * 4. `sayEnd`: listeners hear `ask.succeeded` or `ask.failed`, and then the asker gets the outcome.
 */
export class Asking extends PendingAsk {
  readonly key: string
  readonly type: string
  readonly from: Address
  readonly partition: Address | undefined
  readonly to: Address
  readonly deadline: number
  readonly retry: Retry
  readonly parent: string | undefined
  readonly requestId: string | undefined
  readonly behalf = undefined
  readonly request: RequestDefinition
  readonly callee: Callee
  readonly #asker: Asker
  readonly #asked: AskedOf
  readonly #span: OpenSpan | undefined

  constructor(asker: Asker, callee: Callee, asked: AskedOf, { request, deadline, retry }: Asked) {
    super()
    this.key = asked.ask
    this.type = asked.type
    this.from = asker.address
    this.partition = asker.partition
    this.to = callee.address
    this.deadline = deadline
    this.retry = retry
    this.parent = asker.origin.request
    this.requestId = asker.requestId
    this.request = request
    this.callee = callee
    this.#asker = asker
    this.#asked = asked
    this.#span = beginAsk(asker, asked, callee.address)
  }

  /** @param takenBy the incarnation of the callee that has taken the request already */
  open(takenBy?: number): void {
    this.#asker.place.asks.open(this, takenBy)
  }

  sayRequested(): void {
    const { place, origin } = this.#asker
    place.reportIfHeard(askRequested.type, () => requestedEvent(this.#fields), origin)
  }

  send(): void {
    if (!this.isOver) this.callee.take(this.#asked, this.#asker.name, this.origin)
  }

  /** The origin of what the callee does. */
  get origin(): Origin {
    const { origin } = this.#asker
    return this.#span ? { ...origin, trace: this.#span.trace } : origin
  }

  /** Waits for the answer to a request that another process has sent. */
  resume(known: KnownRequest): void {
    const { name, origin } = this.#asker
    this.callee.resume?.(this.#asked, name, origin, known)
  }

  settle(outcome: Outcome): void {
    if (!outcome.ok) this.callee.abandon(outcome.error)
    this.#asker.close(this, outcome)
  }

  cancelled(): void {
    this.#span?.cancel()
    this.callee.abandon()
  }

  /** @param isKept whether an answer stays in the history of the bus; a failure always does */
  sayEnd(outcome: Outcome, isKept: boolean): void {
    const { place, origin } = this.#asker
    if (!outcome.ok && isOf(outcome.error, AskCancelledError)) this.#span?.cancel()
    else this.#span?.close(outcome)
    const ended = () => endedEvent(this.#fields, this.request, outcome)
    if (outcome.ok && !isKept) place.reportIfHeard(askSucceeded.type, ended, origin)
    else place.report(ended(), origin)
  }

  get #fields(): AskFields {
    const { name, requestId } = this.#asker
    const fields = { key: requestId ?? this.key, type: this.type, from: name, to: this.to }
    return this.request.tell ? { ...fields, parameters: this.#asked.data } : fields
  }
}

/** Begins the span of an ask, if somebody follows it. */
export function beginAsk(
  { place, address: from, origin, isRecovered }: Omit<Asker, 'close'>,
  { type, ask: key, data }: AskedOf,
  to: Address,
): OpenSpan | undefined {
  const { around } = place.system
  if (around === undefined) return undefined
  const { address: partition, party } = place
  const cause = origin.causationid
  return around.begin({ kind: 'ask', partition, party, cause, type, key, from, to, isRecovered }, origin.trace, data)
}
