import type * as z from 'zod'
import { type Place, placeOf } from '../errors.ts'
import type { RequestDefinition } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import type { OptionNames } from '../options.ts'
import { type Asked, type AskWaitOptions, askedBy, waitNames } from './ask-options.ts'
import { type OutsideLogic, outside, workOf } from './outside.ts'

/** Where a request goes and how long its asker waits. */
export interface AskOptions extends AskWaitOptions {
  /** An agent of the same party, or a full address; left out, it is the one agent that hears the request. */
  readonly to?: Address
}

const askNames: OptionNames<AskOptions> = { to: true, ...waitNames }

/** An invoked ask: its input is what is asked, its output the reply. */
export interface AskLogic<I, O> extends OutsideLogic<I, O> {}

/** The work of an invoked ask. */
export interface AskWork extends Asked {
  readonly kind: 'ask'
  readonly to?: Address
  /** Where it was declared. */
  readonly place: Place
}

/**
 * An actor to invoke: asks the agent that hears the request, and ends with the reply or a typed failure.
 *
 * @example
 * actors: { guests: ask(guestCount, { deadline: 2_000 }) }
 * // invoke: { id: 'guests', src: 'guests', input: { why: 'capacity' }, onDone: ..., onError: ... }
 *
 * @param options `to`: agent name or address; `deadline`: milliseconds; `retries` and `retryAfter`
 * @throws MissingDefinitionError, UnknownOptionError; AskRetryError if it is to retry a request that does not say that it is safe
 * @throws (as the invoke's error) NoAddressError, AskTimeoutError, AskStoppedError, AskFailedError, AskRefusedError,
 *   AskRefusedByCalleeError, AskCycleError, AskCancelledError
 */
export function ask<T extends string, I extends z.ZodType, O extends z.ZodType>(
  request: RequestDefinition<T, I, O>,
  options: AskOptions = {},
): AskLogic<z.input<I>, z.output<O>> {
  const asked = askedBy('ask', request, options, askNames)
  const { to } = options
  const work: AskWork = { kind: 'ask', ...asked, place: placeOf(ask), ...(to !== undefined && { to }) }
  return outside('ask', work)
}

/**
 * The request that an invoked ask asks; nothing for other logic.
 *
 * @example
 * requestOf(ask(guestCount))?.type // 'guests.count'
 */
export function requestOf(logic: object): RequestDefinition | undefined {
  const work = workOf(logic)
  return isAsk(work) ? work.request : undefined
}

/** Whether work is an ask. */
export function isAsk(work: unknown): work is AskWork {
  return typeof work === 'object' && work !== null && 'kind' in work && work.kind === 'ask'
}
