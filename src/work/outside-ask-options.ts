import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { RequestDefinition } from '../events/request.ts'
import { checkName, IllegalIdError } from '../ids.ts'
import { AskCancelledError } from '../invoke/ask-errors.ts'
import { type AskWaitOptions, waitNames } from '../invoke/ask-options.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { Need } from '../invoke/gather.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'

/** How long a caller outside the agents waits for an answer. */
export interface OutsideAskOptions extends AskWaitOptions {
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

/** How a caller outside the agents asks several agents. */
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

/** @throws AskCancelledError if the caller has given up already */
export function checkWanted({ type }: RequestDefinition, to: Address, { signal }: OutsideAskOptions): void {
  if (signal?.aborted) throw new AskCancelledError(type, to, signal.reason)
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
