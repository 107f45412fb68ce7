import type * as z from 'zod'
import { codeOf, type Place, placeOf, TroupeError, textOf } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import type { Refusal } from '../events/refusal.ts'
import type { RequestDefinition } from '../events/request.ts'
import type { Address } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { type AskOptions, askNames, defaultDeadline, isRefused, type Retry, retryOf } from './ask.ts'
import { type Outcome, type OutsideLogic, outside } from './outside.ts'

/** How many answers are enough: the first one, more than half of those asked, all of them (the default), or so many. */
export type Need = 'first' | 'majority' | 'all' | number

/** Whom a request goes to, and how many of them must answer. */
export interface AskManyOptions extends Omit<AskOptions, 'to'> {
  /** Agents of the same party, or full addresses; left out, all agents that hear the request. */
  readonly to?: readonly Address[]
  readonly need?: Need
}

const askManyNames: OptionNames<AskManyOptions> = { ...askNames, need: true }

/** What one of those asked has answered. */
export interface Answer<O> {
  readonly from: Address
  readonly output: O
}

/** An invoked ask of many: its input is what is asked, its output the answers, in the order in which they came. */
export interface AskManyLogic<I, O> extends OutsideLogic<I, readonly Answer<O>[]> {}

/** The work of an invoked ask of many. */
export interface AskManyWork {
  readonly kind: 'ask-many'
  readonly request: RequestDefinition
  readonly to?: readonly Address[]
  readonly need: Need
  readonly deadline: number
  readonly retry: Retry
  /** Where it was declared. */
  readonly place: Place
}

/**
 * An actor to invoke: asks several agents the same, and ends as soon as enough have answered, or enough cannot any more.
 * Those whose answers are no longer needed are cancelled.
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
  checkDeclared('askMany', 'a request', request)
  checkOptionNames('askMany', options, askManyNames)
  const { to, deadline = defaultDeadline } = options
  const need = checkNeed(options.need ?? 'all')
  const place = placeOf(askMany)
  const retry = retryOf(request, options)
  const work: AskManyWork = { kind: 'ask-many', request, need, deadline, retry, place, ...(to && { to }) }
  return outside('ask-many', work)
}

/** Asks one of many, in this place of the list; the returned function cancels that. */
export type AskOne = (to: Address, place: number, settle: (outcome: Outcome) => void) => (why?: unknown) => void

/**
 * Asks all, and settles once: when enough have answered, or enough cannot any more.
 *
 * @returns cancels those that have not ended
 */
export function gather(
  type: string,
  callees: readonly Address[],
  need: Need,
  askOne: AskOne,
  settle: (outcome: Outcome<readonly Answer<unknown>[]>) => void,
): (why?: unknown) => void {
  const needed = enoughOf(checkNeed(need), callees.length)
  const answers: Answer<unknown>[] = []
  const failures: AskFailure[] = []
  const pending = new Map<number, (why?: unknown) => void>()
  let isOver = false
  const end = (why?: unknown) => {
    isOver = true
    for (const cancel of pending.values()) cancel(why)
    pending.clear()
  }
  const check = () => {
    const isEnough = answers.length >= needed
    const isInVain = failures.length > callees.length - needed
    if (isOver || !(isEnough || isInVain)) return
    end('the others were enough')
    const error = new AskManyError(type, needed, callees.length, failures)
    settle(isEnough ? { ok: true, output: answers } : { ok: false, error })
  }
  for (const [place, to] of callees.entries()) {
    if (isOver) break
    pending.set(place, () => {})
    const cancel = askOne(to, place, outcome => {
      pending.delete(place)
      if (isOver) return
      if (outcome.ok) answers.push({ from: to, output: outcome.output })
      else failures.push(failureOf(to, outcome.error))
      check()
    })
    if (pending.has(place)) pending.set(place, cancel)
    // It may have been settled by those before.
    else if (isOver) cancel()
  }
  check()
  return end
}

/** @throws NeedError unless it is a word or a whole number from 1 */
function checkNeed(need: Need): Need {
  const isWord = need === 'first' || need === 'majority' || need === 'all'
  if (!isWord && (!Number.isInteger(need) || need < 1)) throw new NeedError(need)
  return need
}

function enoughOf(need: Need, asked: number): number {
  if (need === 'first') return 1
  if (need === 'majority') return Math.floor(asked / 2) + 1
  return need === 'all' ? asked : need
}

function failureOf(to: Address, error: unknown): AskFailure {
  const failure = { to, code: codeOf(error), message: textOf(error) }
  return isRefused(error) ? { ...failure, refusal: error.refusal } : failure
}

/** One that did not answer as was asked, and why. */
export interface AskFailure {
  readonly to: Address
  readonly code: string
  readonly message: string
  /** What it said, if it refused. */
  readonly refusal?: Refusal
}

/** Not enough of those asked can answer any more. */
export class AskManyError extends TroupeError {
  readonly code = 'ASK_MANY'
  readonly type: string
  readonly needed: number
  readonly asked: number
  readonly failures: readonly AskFailure[]
  constructor(type: string, needed: number, asked: number, failures: readonly AskFailure[]) {
    const told = failures.map(({ to, code }) => `; "${to}": ${code}`).join('')
    super(
      `The ask "${type}" cannot get ${needed} answers from the ${asked} that it asked${told}. Ask more agents, or need fewer answers.`,
    )
    this.type = type
    this.needed = needed
    this.asked = asked
    this.failures = failures
  }
}

/** So many answers can never be enough. */
export class NeedError extends TroupeError {
  readonly code = 'ASK_NEED'
  readonly need: number
  constructor(need: number) {
    super(`An ask cannot need ${need} answers: use "first", "majority", "all", or a whole number from 1.`)
    this.need = need
  }
}
