import { TroupeError } from '../errors.ts'
import type { AskedOf, RequestDefinition } from '../events/request.ts'
import { AskCancelledError, AskTimeoutError, isRefused } from '../invoke/ask-errors.ts'
import { defaultDeadline, retryOf } from '../invoke/ask-options.ts'
import type { Outcome } from '../invoke/outside.ts'
import { nothing } from '../invoke/pending-ask.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { type Asker, Asking } from './asking.ts'
import type { AgentCallee, HandlerCallee } from './callee.ts'
import type { OutsideAskOptions } from './outside-ask-options.ts'
import type { RemoteCallee } from './remote-callee.ts'

/** What the events of an ask call its asker. */
export function nameOf({ requester = 'outside' }: OutsideAskOptions): string {
  return requester
}

/** What led to an ask from outside the agents. */
export function originOf({ origin }: Partition, key: string, options: OutsideAskOptions): Origin {
  const { requestId, correlationId = origin?.correlationid } = options
  const correlationid = correlationId ?? (requestId === undefined ? key : `outside/${requestId}`)
  if (!origin) return { correlationid }
  const { causationid, trace } = origin
  return originIn({ correlationid, ...(causationid !== undefined && { causationid }), trace })
}

/** A caller outside the agents, with its ask. */
export class OutsideAsker implements Asker {
  readonly place: Partition
  readonly address = 'outside'
  readonly partition = undefined
  readonly isRecovered = false
  readonly name: string
  readonly requestId: string | undefined
  readonly origin: Origin
  readonly ask: Asking
  readonly #signal: AbortSignal | undefined
  #giveUp = nothing
  #resolve: (output: unknown) => void = nothing
  #reject: (error: unknown) => void = nothing

  constructor(
    callee: AgentCallee | HandlerCallee | RemoteCallee,
    request: RequestDefinition,
    asked: AskedOf,
    options: OutsideAskOptions,
  ) {
    this.place = callee.partition
    this.name = nameOf(options)
    this.requestId = options.requestId
    this.origin = originOf(callee.partition, asked.ask, options)
    this.#signal = options.signal
    const { deadline = defaultDeadline } = options
    this.ask = new Asking(this, callee, asked, { request, deadline, retry: retryOf(request, options) })
  }

  /** Opens the ask; resolves with the answer. */
  open(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.place.activity.begin()
      this.ask.open()
      const signal = this.#signal
      if (!signal) return
      const { key, type, to } = this.ask
      this.#giveUp = () => void this.place.asks.fail(key, new AskCancelledError(type, to, signal.reason))
      signal.addEventListener('abort', this.#giveUp, { once: true })
    })
  }

  close({ callee }: Asking, outcome: Outcome): void {
    // An answer has waited for the journal already. A failure of an agent must wait until it cannot be lost.
    const isCertain = outcome.ok || !callee.isJournalled || isRefused(outcome.error) || isGivenUp(outcome.error)
    if (isCertain) this.#end(outcome)
    else
      this.place.watermark.whenDurable(
        () => this.#end(outcome),
        error => this.#end({ ok: false, error }),
      )
  }

  #end(outcome: Outcome): void {
    const { callee, request } = this.ask
    this.#signal?.removeEventListener('abort', this.#giveUp)
    // Of what is not journalled, the history keeps failures only.
    this.ask.sayEnd(outcome, callee.isJournalled && request.persist)
    if (outcome.ok) this.#resolve(outcome.output)
    else this.#reject(outcome.error)
    this.place.activity.end()
  }
}

/** Opens the ask of a caller, and waits for the answer. */
export async function answerTo(asker: OutsideAsker): Promise<unknown> {
  try {
    return await asker.open()
  } catch (error) {
    // The stack shows the line of the caller, and not the timer or step that ended the ask.
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  }
}

/** Whether the caller no longer waits: that is certain, whatever the journal holds. */
function isGivenUp(error: unknown): boolean {
  return error instanceof AskTimeoutError || error instanceof AskCancelledError
}
