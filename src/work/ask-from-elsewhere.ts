import { AskTimeoutError } from '../invoke/ask-errors.ts'
import type { Retry } from '../invoke/ask-options.ts'
import type { Outcome } from '../invoke/outside.ts'
import { PendingAsk } from '../invoke/pending-ask.ts'
import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Messages } from '../transport/message.ts'
import type { Callee } from './asking.ts'
import { errorData } from './outcomes.ts'

/** Its asker sends it again, if at all. */
const never: Retry = { retries: 0, retryAfter: 0 }

/** The half of an ask that is kept where the callee is, if the request came as a message. Its answer goes back as a message. */
export class AskFromElsewhere extends PendingAsk {
  readonly key: string
  readonly type: string
  readonly from: Address
  readonly partition: Address
  readonly to: Address
  readonly deadline: number
  readonly retry = never
  readonly parent: string | undefined
  readonly requestId = undefined
  readonly behalf: readonly string[]
  /** Whether the callee has the request from an earlier process. */
  hasRequest = false
  /** Whether the asker or the callee is not known yet, so that another half of the same ask replaces it. */
  isProvisional = false
  readonly #here: Partition
  readonly #links: Links
  readonly #callee: Callee
  readonly #message: Messages['ask']
  #isUnwanted = false

  constructor(here: Partition, links: Links, message: Messages['ask'], callee: Callee) {
    super()
    const { ask, request, source, from, wait = Number.POSITIVE_INFINITY, behalf } = message
    this.key = ask
    this.type = request
    this.from = source
    this.partition = from
    this.to = callee.address
    // The other side ends the ask at its own deadline. This one is for a callee whose asker is gone.
    this.deadline = Math.max(1, wait)
    this.behalf = behalf
    this.parent = behalf[0]
    this.#here = here
    this.#links = links
    this.#callee = callee
    this.#message = message
  }

  send(): void {
    const { request: type, data, ask, source, origin } = this.#message
    this.#callee.take({ type, data, ask }, source, origin)
  }

  settle(outcome: Outcome): void {
    if (!outcome.ok) this.#callee.abandon(outcome.error)
    else this.leave()
    if (this.#isUnwanted) return
    if (outcome.ok) this.#reply(outcome.output)
    else if (!(outcome.error instanceof AskTimeoutError)) this.#fail(outcome.error)
  }

  /** Waits no more for a callee that is not there yet. */
  leave(): void {
    if (this.isProvisional) this.#callee.abandon()
  }

  cancelled(): void {
    this.#callee.abandon()
  }

  /** The asker has given up. */
  giveUp(error: Error): void {
    this.#isUnwanted = true
    this.#here.asks.close(this.key, { ok: false, error })
  }

  #reply(data: unknown): void {
    const { key: ask, to: source, type } = this
    this.#links.send(this.partition, { type: 'reply', ask, source, data }, () => {
      buryAnswer(this.#here, { type: `${type}.reply`, data, ask }, source)
    })
  }

  #fail(error: unknown): void {
    const { key: ask } = this
    const send = () => this.#links.send(this.partition, { type: 'failure', ask, error: errorData(error) }, () => {})
    // A failure of an agent leaves the partition when it cannot be lost, as all that leaves it does.
    if (this.#callee.isJournalled) this.#here.watermark.whenDurable(send, send)
    else send()
  }
}

/** Nobody waits for an answer any more: it is a dead letter. */
export function buryAnswer(
  here: Partition,
  answer: { readonly type: string; readonly data: unknown; readonly ask: string },
  source: Address,
): void {
  here.losses.loseOutside(here.seal(answer, { source, ask: answer.ask }), answer.ask, { reason: 'stale' })
}
