import { type Backoff, backoffNames } from '../backoff.ts'
import { TroupeError, textOf } from '../errors.ts'
import { checkName } from '../ids.ts'
import { checkChoice, checkOptionNames, type OptionNames } from '../options.ts'
import type { Enrichment } from './enrichment.ts'
import { type OutsideLogic, outside } from './outside.ts'

/** What the runtime passes to the function of an effect. */
export interface EffectScope {
  /** Names this piece of work for ever: the same after a crash, different for all other work. Send it to receivers as idempotency key. */
  readonly key: string
  /** Counted from 1, in all processes. The attempt before failed or took too long, or its process ended and may have run it. */
  readonly attempt: number
  /** Aborted when this attempt takes too long, or the agent no longer wants the result: it left the state, failed, or was stopped. */
  readonly signal: AbortSignal
  /** The runtime's clock, epoch milliseconds. */
  now(): number
}

/** Work outside the agent: it may be asynchronous and need not be deterministic. */
export type EffectFunction<I, O> = (input: I, scope: EffectScope) => Promise<O> | O

/** An invoked effect: the function gets its input, and its output is what the function returned. */
export interface EffectLogic<I, O> extends OutsideLogic<I, O> {
  /** The name that `effect` was called with. */
  readonly name: string
}

/** The work of an invoked effect. */
export interface EffectWork {
  readonly kind: 'effect'
  readonly name: string
  readonly run: EffectFunction<never, unknown>
  readonly enrich: Enrichment<never, never> | undefined
  readonly inDoubt: InDoubt
  /** How often the effect is tried again after a failure. */
  readonly retries: number
  readonly backoff: Backoff
  /** How many milliseconds an attempt may take. */
  readonly timeout: number | undefined
}

/**
 * What happens to an effect in doubt: its process ended, and it is unknown whether it was done. It is done again under the same
 * key (`retry`, the default, for receivers that honour keys), or a person has to say whether it was done (`hold`).
 */
export type InDoubt = 'retry' | 'hold'

/** The options of an effect. */
export interface EffectOptions<I, O> {
  /** What the application adds to the events `effect.started` and `effect.completed`. */
  readonly enrich?: Enrichment<I, O>
  /** What happens if it is unknown whether the effect was done; `retry` by default. */
  readonly inDoubt?: InDoubt
  /** How often the effect is tried again, under the same key, after it failed or took too long; 0 by default. */
  readonly retries?: number
  /** How long to wait before the next attempt; 1,000 ms by default, then twice as long each time, up to 30,000 ms. */
  readonly backoff?: Backoff
  /** How many milliseconds an attempt may take before its signal is aborted and it fails; no limit by default. */
  readonly timeout?: number
}

const effectNames: OptionNames<EffectOptions<never, never>> = {
  enrich: true,
  inDoubt: true,
  retries: true,
  backoff: true,
  timeout: true,
}

/**
 * An actor to invoke: runs a function outside the agent, after the step that wanted it is durable. The outcome is recorded before
 * the agent gets it.
 *
 * @example
 * actors: { search: effect('search-venues', async ({ guests }: { guests: number }, { signal }) => find(guests, signal)) }
 * // At most three attempts, each of at most 5 seconds.
 * actors: { pay: effect('pay', pay, { retries: 2, backoff: { initial: 500 }, timeout: 5_000 }) }
 *
 * @param name a word for frames and charts
 * @param run gets the invoke's input and a scope; returns data
 * @param options `enrich`: tags and data for its events; `inDoubt`: what happens if a process ended and it is unknown whether the
 *   effect was done; `retries` and `backoff`: how often it is tried again, and after how long; `timeout`: how many milliseconds
 *   an attempt may take
 * @throws EffectOptionsError, UnknownOptionError, OptionValueError, IllegalIdError
 * @throws (as the invoke's error) whatever `run` throws; EffectTimeoutError; EffectExhaustedError, whose cause is the last error,
 *   when all retries failed too; ValueError when `run` returns what a journal cannot give back, which is not tried again
 */
export function effect<I, O>(
  name: string,
  run: EffectFunction<I, O>,
  options: EffectOptions<NoInfer<I>, NoInfer<O>> = {},
): EffectLogic<I, O> {
  checkName('effect', name)
  checkOptionNames('effect', options, effectNames)
  const { enrich, inDoubt = 'retry', retries = 0, backoff = { initial: 1_000 }, timeout } = options
  checkOptionNames('backoff', backoff, backoffNames)
  checkChoice(`effect "${name}"`, 'inDoubt', inDoubt, ['retry', 'hold'])
  const work: EffectWork = { kind: 'effect', name, run, enrich, inDoubt, retries, backoff, timeout }
  const fault = faultOf(work)
  if (fault !== undefined) throw new EffectOptionsError(name, fault)
  return Object.assign(outside<I, O, EffectWork>('effect', work), { name })
}

function faultOf({ run, retries, backoff, timeout }: EffectWork): string | undefined {
  if (typeof run !== 'function') return 'the second argument must be a function'
  const isCount = retries >= 0 && (Number.isInteger(retries) || retries === Number.POSITIVE_INFINITY)
  if (!isCount) return 'retries must be a whole number from 0, or Infinity'
  const { initial, factor = 2, max = 30_000, jitter = 0.5 } = backoff
  const isBackoff = [initial, factor, max].every(one => one >= 0 && Number.isFinite(one)) && jitter >= 0 && jitter <= 1
  if (!isBackoff) return 'initial, factor and max of backoff must be numbers from 0, and jitter a number from 0 to 1'
  return timeout === undefined || timeout > 0 ? undefined : 'timeout must be a number of milliseconds above 0'
}

/** The options of an effect are invalid. */
export class EffectOptionsError extends TroupeError {
  readonly code = 'EFFECT_OPTIONS'
  readonly effect: string
  constructor(effect: string, fault: string) {
    super(`The effect "${effect}" cannot be made like this: ${fault}.`)
    this.effect = effect
  }
}

/** An attempt of an effect took longer than its `timeout`. */
export class EffectTimeoutError extends TroupeError {
  readonly code = 'EFFECT_TIMEOUT'
  readonly effect: string
  readonly key: string
  readonly timeout: number
  constructor(effect: string, key: string, timeout: number) {
    super(`The effect "${effect}" (${key}) took more than ${timeout} ms. Give it more time, or handle it in onError.`)
    this.effect = effect
    this.key = key
    this.timeout = timeout
  }
}

/** All attempts of an effect failed; `cause` is the last error. */
export class EffectExhaustedError extends TroupeError {
  readonly code = 'EFFECT_EXHAUSTED'
  readonly effect: string
  readonly key: string
  /** How many attempts failed. */
  readonly failures: number
  constructor(effect: string, key: string, failures: number, cause: unknown) {
    super(
      `The effect "${effect}" (${key}) failed ${failures} times, the last time of: ${textOf(cause)}. Handle it in onError, or allow more retries.`,
      { cause },
    )
    this.effect = effect
    this.key = key
    this.failures = failures
  }
}
