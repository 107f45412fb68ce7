import type * as z from 'zod'
import { type Place, placeOf } from '../errors.ts'
import type { RequestDefinition } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import type { OptionNames } from '../options.ts'
import { type Asked, type AskWaitOptions, askedBy, waitNames } from './ask-options.ts'
import { type Answer, checkNeed, type Need } from './gather.ts'
import { type OutsideLogic, outside } from './outside.ts'

/** Which agents a request goes to, and how many of them must answer. */
export interface AskManyOptions extends AskWaitOptions {
  /** Agents of the same party, or full addresses; left out, all agents that hear the request. */
  readonly to?: readonly Address[]
  readonly need?: Need
}

const askManyNames: OptionNames<AskManyOptions> = { to: true, ...waitNames, need: true }

/** An invoked ask of many: its input is what is asked, its output the answers, in the order in which they came. */
export interface AskManyLogic<I, O> extends OutsideLogic<I, readonly Answer<O>[]> {}

/** The work of an invoked ask of many. */
export interface AskManyWork extends Asked {
  readonly kind: 'ask-many'
  readonly to?: readonly Address[]
  readonly need: Need
  /** Where it was declared. */
  readonly place: Place
}

/**
 * An actor to invoke: asks several agents the same, and ends as soon as enough have answered, or enough cannot any more.
 * The asks whose answers are no longer needed are cancelled.
 *
 * @example
 * actors: { prices: askMany(price, { need: 'majority', deadline: 2_000 }) }
 * // invoke: { id: 'prices', src: 'prices', input: { of: 'cake' }, onDone: ({ event }) => event.output[0].from ... }
 *
 * @param options `to`: agent names or addresses; `need`; `deadline`: milliseconds
 * @throws NeedError, UnknownOptionError, MissingDefinitionError; AskRetryError if it is to retry a request that does not say that it is safe
 * @throws (as the invoke's error) AskManyError, NoAddressError
 */
export function askMany<T extends string, I extends z.ZodType, O extends z.ZodType>(
  request: RequestDefinition<T, I, O>,
  options: AskManyOptions = {},
): AskManyLogic<z.input<I>, z.output<O>> {
  const asked = askedBy('askMany', request, options, askManyNames)
  const { to } = options
  const need = checkNeed(options.need ?? 'all')
  const work: AskManyWork = { kind: 'ask-many', ...asked, need, place: placeOf(askMany), ...(to && { to }) }
  return outside('ask-many', work)
}
