import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { RequestDefinition } from '../events/request.ts'
import { checkOptionNames } from '../options.ts'

/** 60 seconds: how long an ask waits by default. */
export const defaultDeadline = 60_000

/** How long an asker waits, and how often its request is sent again. */
export interface AskWaitOptions {
  /** Milliseconds until the ask fails with `AskTimeoutError`; 60,000 by default, `Infinity` to wait for ever. */
  readonly deadline?: number
  /**
   * How often a safe request is sent again when its callee failed or its mailbox was full; 0 by default. A callee that fails
   * on it each time restarts each time, which counts towards the intensity of its supervisor.
   */
  readonly retries?: number
  /** Milliseconds before the first retry, twice as long before each retry after it; 100 by default. */
  readonly retryAfter?: number
}

export const waitNames = { deadline: true, retries: true, retryAfter: true } as const

/** How often, and after how many milliseconds, a request is sent again. */
export interface Retry {
  readonly retries: number
  readonly retryAfter: number
}

/** A request, and how long an agent waits for its answer. */
export interface Asked {
  readonly request: RequestDefinition
  readonly deadline: number
  readonly retry: Retry
}

/**
 * Checks what an agent is to ask.
 *
 * @param at the function that is called, such as `ask`
 * @throws MissingDefinitionError, UnknownOptionError, AskRetryError
 */
export function askedBy(
  at: string,
  request: RequestDefinition,
  options: AskWaitOptions,
  names: Readonly<Record<string, true>>,
): Asked {
  checkDeclared(at, 'a request', request)
  checkOptionNames(at, options, names)
  return { request, deadline: options.deadline ?? defaultDeadline, retry: retryOf(request, options) }
}

/** @throws AskRetryError */
export function retryOf({ type, safe }: RequestDefinition, { retries = 0, retryAfter = 100 }: AskWaitOptions): Retry {
  if (retries !== 0 && !safe) throw new AskRetryError(type)
  return { retries, retryAfter }
}

/** A request is to be retried that does not say that answering it twice does no harm. */
export class AskRetryError extends TroupeError {
  readonly code = 'ASK_RETRY'
  readonly type: string
  constructor(type: string) {
    super(
      `The ask "${type}" cannot retry: its request does not say that answering it twice does no harm. Define it with { safe: true }, or leave retries out.`,
    )
    this.type = type
  }
}
