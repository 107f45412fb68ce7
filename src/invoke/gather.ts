import { codeOf, TroupeError, textOf } from '../errors.ts'
import type { Refusal } from '../events/refusal.ts'
import type { Address } from '../mail/address.ts'
import { isRefused } from './ask-errors.ts'
import type { Outcome } from './outside.ts'

/** How many answers are enough: the first one, more than half of the callees, all of them (the default), or a number. */
export type Need = 'first' | 'majority' | 'all' | number

/** What one callee has answered. */
export interface Answer<O> {
  readonly from: Address
  readonly output: O
}

/** Asks the callee at this place of the list; the returned function cancels that ask. */
export type AskOne = (to: Address, place: number, settle: (outcome: Outcome) => void) => (why?: unknown) => void

/**
 * Asks all callees, and settles once: when enough have answered, or when enough cannot answer any more.
 *
 * @returns cancels the asks that have not ended
 */
export function gather(
  { type, callees, need }: { readonly type: string; readonly callees: readonly Address[]; readonly need: Need },
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
    // Other answers were enough while this ask was being made.
    else if (isOver) cancel()
  }
  check()
  return end
}

/** @throws NeedError unless it is a word or a whole number from 1 */
export function checkNeed(need: Need): Need {
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

/** A callee that did not answer, and why. */
export interface AskFailure {
  readonly to: Address
  readonly code: string
  readonly message: string
  /** The refusal of the callee, if it refused. */
  readonly refusal?: Refusal
}

/** Not enough of the callees can answer any more. */
export class AskManyError extends TroupeError {
  readonly code = 'ASK_MANY'
  readonly type: string
  readonly needed: number
  readonly asked: number
  readonly failures: readonly AskFailure[]
  constructor(type: string, needed: number, asked: number, failures: readonly AskFailure[]) {
    const causes = failures.map(({ to, code }) => `; "${to}": ${code}`).join('')
    super(
      `The ask "${type}" cannot get ${needed} answers from the ${asked} that it asked${causes}. Ask more agents, or need fewer answers.`,
    )
    this.type = type
    this.needed = needed
    this.asked = asked
    this.failures = failures
  }
}

/** The number of answers that an ask needs is invalid. */
export class NeedError extends TroupeError {
  readonly code = 'ASK_NEED'
  readonly need: number
  constructor(need: number) {
    super(`An ask cannot need ${need} answers: use "first", "majority", "all", or a whole number from 1.`)
    this.need = need
  }
}
