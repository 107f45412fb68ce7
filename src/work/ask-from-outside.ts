import type * as z from 'zod'
import type { Actor } from '../actor/actor.ts'
import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askRequested, askSucceeded } from '../events/runtime-events.ts'
import { checkName, IllegalIdError } from '../ids.ts'
import { AskCancelledError, AskStoppedError, AskTimeoutError, isRefused } from '../invoke/ask-errors.ts'
import { defaultDeadline, retryOf } from '../invoke/ask-options.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { type Answer, type AskOne, gather, type Need } from '../invoke/gather.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { reject } from '../mail/tally.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import { type AskFields, endedEvent, requestedEvent, withParameters } from './ask-events.ts'

/** How long somebody outside waits for an answer. */
export interface OutsideAskOptions {
  /** Milliseconds; 60,000 by default. */
  readonly deadline?: number
  /** How often a safe request is sent again when its callee failed or its mailbox was full; 0 by default. */
  readonly retries?: number
  /** Milliseconds before the first retry, twice as long before each one after; 100 by default. */
  readonly retryAfter?: number
  /** Gives up waiting. */
  readonly signal?: AbortSignal
  /** Who asks, for those who hear of it: 1 to 1,000 characters, no "/" among them; `outside` by default. */
  readonly requester?: string
  /** Names the request, for those who hear of it: one that no other request under way has; 1,000 characters at most. */
  readonly requestId?: string
  /**
   * Joins the request to others that one first event led to; by default to those of the event that a subscriber or effect is
   * called for in which it is asked, else its own key. 1,000 characters at most.
   */
  readonly correlationId?: string
}

/** @throws IllegalIdError, RequestIdTakenError */
export function checkAsker(asks: AskTable, { requester, requestId, correlationId }: OutsideAskOptions): void {
  if (correlationId !== undefined) checkName('correlation', correlationId)
  if (requester !== undefined) checkName('requester', requester)
  // Only agents have addresses.
  if (requester?.includes('/')) throw new IllegalIdError('requester', requester, 'a name without "/"')
  if (requestId === undefined) return
  checkName('request', requestId)
  if (asks.isTaken(requestId)) throw new RequestIdTakenError(requestId)
}

/** What leads to an ask of somebody outside. */
export function askOrigin({ origin }: Partition, key: string, options: OutsideAskOptions): Origin {
  const { requestId, correlationId = origin?.correlationid } = options
  const correlationid = correlationId ?? (requestId === undefined ? key : `outside/${requestId}`)
  return origin?.causationid === undefined ? { correlationid } : { correlationid, causationid: origin.causationid }
}

/** What those who hear of an ask of somebody outside are told of it. */
export function askFields(
  key: string,
  { type }: RequestDefinition,
  to: Address,
  { requester = 'outside', requestId = key }: OutsideAskOptions,
): AskFields {
  return { type, from: requester, to, key: requestId }
}

const askOptions: OptionNames<OutsideAskOptions> = {
  deadline: true,
  retries: true,
  retryAfter: true,
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

/** Asks an agent on behalf of somebody who is none; resolves with the reply once it cannot be lost. */
export async function askFromOutside<T extends string, I extends z.ZodType, O extends z.ZodType>(
  partition: Partition,
  actor: Actor,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): Promise<z.output<O>> {
  const { deadline = defaultDeadline, signal } = options
  const retry = retryOf(request, options)
  const { asks, ids } = partition.system
  const { type } = request
  const to = actor.address
  admitted(partition, () => checkAsker(asks, options))
  // Not its name, which an earlier request may have had whose answer is still on its way.
  const key = `outside/${ids.next()}`
  const cancel = () => void asks.fail(key, new AskCancelledError(type, to, signal?.reason))
  partition.activity.begin()
  const fields = withParameters(askFields(key, request, to, options), request, input)
  const origin = askOrigin(partition, key, options)
  try {
    const asked = admitted(partition, () => {
      if (signal?.aborted) throw new AskCancelledError(type, to, signal.reason)
      if (actor.status === 'stopped') throw new AskStoppedError(type, to)
      return request.asked(input, key)
    })
    partition.note(askRequested.type, () => requestedEvent(fields), origin)
    const output = await new Promise<unknown>((resolve, reject) => {
      const settle = (outcome: Outcome) => {
        const end = () => (outcome.ok ? resolve(outcome.output) : reject(outcome.error))
        // An answer has waited for the journal already; that the asker gave up needs none.
        if (outcome.ok || isRefused(outcome.error) || isGivenUp(outcome.error)) end()
        else partition.watermark.whenDurable(end, reject)
      }
      const send = () => partition.incomingAsks.deliver(actor, asked, fields.from, origin)
      const from = 'outside'
      const { requestId } = options
      asks.open({ key, type, from, requestId, partition: undefined, to, deadline, retry, again: send, settle })
      signal?.addEventListener('abort', cancel, { once: true })
      send()
    })
    const told = () => endedEvent(fields, request, { ok: true, output })
    // Of what is not journalled, only failures are kept in the history.
    if (request.persist) partition.report(told(), origin)
    else partition.note(askSucceeded.type, told, origin)
    // The reply was made by `request.reply`, or parsed by the catalogue: it has this type.
    return output as z.output<O>
  } catch (error) {
    partition.report(endedEvent(fields, request, { ok: false, error }), origin)
    // The caller's line rather than that of the timer or step which ended the ask.
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  } finally {
    partition.activity.end()
    signal?.removeEventListener('abort', cancel)
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

/** Counts what is refused before it is on its way. */
function admitted<T>({ system }: Partition, admit: () => T): T {
  try {
    return admit()
  } catch (error) {
    reject(system.tally)
    throw error
  }
}

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
