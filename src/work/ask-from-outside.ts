import type * as z from 'zod'
import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { AskedOf, RequestDefinition } from '../events/request.ts'
import { askRequested, askSucceeded } from '../events/runtime-events.ts'
import { checkName, IllegalIdError } from '../ids.ts'
import { AskCancelledError, AskTimeoutError, isRefused } from '../invoke/ask-errors.ts'
import { defaultDeadline, retryOf, type WaitOptions, waitNames } from '../invoke/ask-options.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { type Answer, type AskOne, gather, type Need } from '../invoke/gather.ts'
import type { Outcome } from '../invoke/outside.ts'
import { nothing } from '../invoke/pending-ask.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { accept, reject } from '../mail/tally.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import { endedEvent, withParameters } from './ask-events.ts'
import { type Asker, Asking } from './asking.ts'
import type { AgentCallee, HandlerCallee } from './callee.ts'

/** How long a caller outside the agents waits for an answer. */
export interface OutsideAskOptions extends WaitOptions {
  /** Gives up waiting. */
  readonly signal?: AbortSignal
  /** Who asks, as the events `ask.*` say it: 1 to 1,000 characters, no "/" among them; `outside` by default. */
  readonly requester?: string
  /** Names the request in the events `ask.*`: an id that no other request under way has; 1,000 characters at most. */
  readonly requestId?: string
  /**
   * Joins the request to others that one first event led to; by default to those of the event that a subscriber or effect is
   * called for in which it is asked, else its own key. 1,000 characters at most.
   */
  readonly correlationId?: string
}

const askOptions: OptionNames<OutsideAskOptions> = {
  ...waitNames,
  signal: true,
  requester: true,
  requestId: true,
  correlationId: true,
}

/** @throws MissingDefinitionError, UnknownOptionError */
export function checkAsked(at: string, request: RequestDefinition, options: OutsideAskOptions = {}): void {
  checkDeclared(at, 'a request', request)
  checkOptionNames(at, options, askOptions)
}

/** @throws IllegalIdError, RequestIdTakenError */
function checkAsker(asks: AskTable, { requester, requestId, correlationId }: OutsideAskOptions): void {
  if (correlationId !== undefined) checkName('correlation', correlationId)
  if (requester !== undefined) checkName('requester', requester)
  // Only agents have addresses.
  if (requester?.includes('/')) throw new IllegalIdError('requester', requester, 'a name without "/"')
  if (requestId === undefined) return
  checkName('request', requestId)
  if (asks.isTaken(requestId)) throw new RequestIdTakenError(requestId)
}

/** @throws AskCancelledError */
function checkWanted({ type }: RequestDefinition, to: Address, { signal }: OutsideAskOptions): void {
  if (signal?.aborted) throw new AskCancelledError(type, to, signal.reason)
}

function nameOf({ requester = 'outside' }: OutsideAskOptions): string {
  return requester
}

/** What led to an ask from outside the agents. */
function originOf({ origin }: Partition, key: string, options: OutsideAskOptions): Origin {
  const { requestId, correlationId = origin?.correlationid } = options
  const correlationid = correlationId ?? (requestId === undefined ? key : `outside/${requestId}`)
  return origin?.causationid === undefined ? { correlationid } : { correlationid, causationid: origin.causationid }
}

/** A caller outside the agents, with its ask. */
class OutsideAsker implements Asker {
  readonly place: Partition
  readonly address = 'outside'
  readonly partition = undefined
  readonly name: string
  readonly requestId: string | undefined
  readonly origin: Origin
  readonly ask: Asking
  readonly #signal: AbortSignal | undefined
  #giveUp = nothing
  #resolve: (output: unknown) => void = nothing
  #reject: (error: unknown) => void = nothing

  constructor(
    callee: AgentCallee | HandlerCallee,
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
      this.#giveUp = () => void this.place.system.asks.fail(key, new AskCancelledError(type, to, signal.reason))
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

/** Opens an ask from outside, and waits for the answer. */
async function answerTo(asker: OutsideAsker): Promise<unknown> {
  try {
    return await asker.open()
  } catch (error) {
    // The caller's line rather than that of the timer or step which ended the ask.
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  }
}

/** Asks an agent for a caller outside the agents; resolves with the reply once it cannot be lost. */
export function askAgent<T extends string, I extends z.ZodType, O extends z.ZodType>(
  callee: AgentCallee,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): Promise<z.output<O>> {
  const asker = new OutsideAsker(callee, request, admittedToAgent(callee, request, input, options), options)
  const { ask } = asker
  const answer = answerTo(asker)
  ask.sayRequested()
  ask.send()
  // The reply was made by `request.reply`, or parsed by the catalogue: it has this type.
  return answer as Promise<z.output<O>>
}

/** Checks a request to an agent, and counts it if it is refused. */
function admittedToAgent(
  callee: AgentCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): AskedOf {
  const { address: to, partition } = callee
  const { asks, ids, tally } = partition.system
  retryOf(request, options)
  let key: string | undefined
  try {
    checkAsker(asks, options)
    // Not the request's id, which an earlier request may have had whose answer is still on its way.
    key = `outside/${ids.next()}`
    checkWanted(request, to, options)
    callee.check(request)
    return request.asked(input, key)
  } catch (error) {
    reject(tally)
    if (key === undefined) throw error
    const fields = { key: options.requestId ?? key, type: request.type, from: nameOf(options), to }
    const ended = endedEvent(withParameters(fields, request, input), request, { ok: false, error })
    partition.report(ended, originOf(partition, key, options))
    throw error
  }
}

/**
 * Asks a handler for a caller outside the agents. Nothing of it is journalled. A handler that answers at once costs no entry in
 * the table of asks, no timer and no promise.
 */
export function askHandler<T extends string, I extends z.ZodType, O extends z.ZodType>(
  callee: HandlerCallee,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): z.output<O> | Promise<z.output<O>> {
  // The answer was parsed by the schema that this type comes from.
  return answeredBy(callee, request, input, options) as z.output<O> | Promise<z.output<O>>
}

function answeredBy(
  callee: HandlerCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const { partition } = callee
  const data = admittedToHandler(callee, request, input, options)
  // Most asks have no listener, and this is the shortest way to an answer that there is.
  const early = partition.reports.isNoted(askRequested.type) ? askerOf(callee, request, data, options) : undefined
  early?.ask.sayRequested()
  const outcome = callee.answer(data)
  const isOver = !(outcome instanceof Promise) && (outcome.ok || (options.retries ?? 0) === 0)
  if (isOver) callee.count(outcome)
  if (isOver && outcome.ok && !partition.reports.isNoted(askSucceeded.type)) return outcome.output
  const asker = early ?? askerOf(callee, request, data, options)
  if (isOver) {
    asker.ask.sayEnd(outcome, false)
    if (!outcome.ok) throw outcome.error
    return outcome.output
  }
  const answer = answerTo(asker)
  callee.end(outcome)
  return answer
}

function askerOf(
  callee: HandlerCallee,
  request: RequestDefinition,
  data: unknown,
  options: OutsideAskOptions,
): OutsideAsker {
  return new OutsideAsker(callee, request, { type: request.type, data, ask: callee.ask }, options)
}

/** Checks a request to a handler, and counts it. */
function admittedToHandler(
  callee: HandlerCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const { asks, tally } = callee.partition.system
  try {
    callee.check(request)
    retryOf(request, options)
    checkAsker(asks, options)
    checkWanted(request, callee.address, options)
    const data: unknown = request.checkInput(input)
    accept(tally)
    return data
  } catch (error) {
    reject(tally)
    throw error
  }
}

/** How somebody outside asks several agents. */
export interface OutsideAskManyOptions extends Omit<OutsideAskOptions, 'requestId'> {
  /** How many answers are enough; `all` by default. */
  readonly need?: Need
}

const askManyOptions: OptionNames<OutsideAskManyOptions> = { ...askOptions, need: true }

/** @throws MissingDefinitionError, UnknownOptionError */
export function checkAskedOfMany(at: string, request: RequestDefinition, options: OutsideAskManyOptions = {}): void {
  checkDeclared(at, 'a request', request)
  checkOptionNames(at, options, askManyOptions)
}

/** Asks several agents on behalf of somebody who is none, each as `askOne` asks it. */
export async function askManyFromOutside<T extends string, I extends z.ZodType, O extends z.ZodType>(
  addresses: readonly Address[],
  { type }: RequestDefinition<T, I, O>,
  { need = 'all', signal, ...options }: OutsideAskManyOptions = {},
  askOne: (to: Address, options: OutsideAskOptions) => Promise<z.output<O>>,
): Promise<readonly Answer<z.output<O>>[]> {
  const ask: AskOne = (to, _, settle) => {
    const controller = new AbortController()
    const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal
    askOne(to, { ...options, signal: either }).then(
      output => settle({ ok: true, output }),
      (error: unknown) => settle({ ok: false, error }),
    )
    return why => controller.abort(why)
  }
  try {
    const answers = await new Promise<readonly Answer<unknown>[]>((resolve, reject) => {
      gather(type, addresses, need, ask, outcome => (outcome.ok ? resolve(outcome.output) : reject(outcome.error)))
    })
    // Each was made by `request.reply`, or parsed by the catalogue.
    return answers as readonly Answer<z.output<O>>[]
  } catch (error) {
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  }
}

/** Whether the caller no longer waits: that is certain, whatever the journal holds. */
function isGivenUp(error: unknown): boolean {
  return error instanceof AskTimeoutError || error instanceof AskCancelledError
}

/** Another request that is under way has this id. */
export class RequestIdTakenError extends TroupeError {
  readonly code = 'REQUEST_ID_TAKEN'
  readonly requestId: string
  constructor(requestId: string) {
    super(`A request with the id "${requestId}" is under way. Wait for its answer, or give this one another id.`)
    this.requestId = requestId
  }
}
