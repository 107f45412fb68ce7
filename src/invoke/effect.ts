import { type Backoff, backoffNames } from '../backoff.ts'
import { TroupeError, textOf } from '../errors.ts'
import { checkName } from '../ids.ts'
import { checkChoice, checkOptionNames, type OptionNames } from '../options.ts'
import type { Enrichment } from './enrichment.ts'
import { type OutsideLogic, outside } from './outside.ts'

/** What the runtime hands to outside work. */
export interface EffectScope {
  /** Names this piece of work for ever: the same after a crash, different for any other. Send it to receivers as idempotency key. */
  readonly key: string
  /** Counted from 1, in all processes: the one before failed, took too long, or its process ended while it ran, or might have. */
  readonly attempt: number
  /** Aborted when this attempt takes too long, or the agent no longer wants the result: it left the state, failed, or was stopped. */
  readonly signal: AbortSignal
  /** The runtime's clock, epoch milliseconds. */
  now(): number
}

/** Outside work: asynchronous, not deterministic, anything but the agent's own state. */
export type EffectFunction<I, O> = (input: I, scope: EffectScope) => Promise<O> | O

/** An invoked effect: its input is handed to the function, its output is what the function returned. */
export interface EffectLogic<I, O> extends OutsideLogic<I, O> {}

/** The work of an invoked effect. */
export interface EffectWork {
  readonly kind: 'effect'
  readonly name: string
  readonly run: EffectFunction<never, unknown>
  readonly enrich: Enrichment<never, never> | undefined
  readonly inDoubt: InDoubt
  /** How often it is tried again after it failed. */
  readonly retries: number
  readonly backoff: Backoff
  /** Milliseconds that an attempt may take. */
  readonly timeout: number | undefined
}

/**
 * What becomes of an effect of which nobody knows whether it was done, because the process ended meanwhile: it is done again
 * under the same key (`retry`, the default: for receivers that honour keys), or a person has to say what is so (`hold`).
 */
export type InDoubt = 'retry' | 'hold'

/** What may be said about an effect. */
export interface EffectOptions<I, O> {
  /** What it adds to the events that tell of its start and its end, `effect.started` and `effect.completed`. */
  readonly enrich?: Enrichment<I, O>
  /** What becomes of it when nobody knows whether it was done; `retry` by default. */
  readonly inDoubt?: InDoubt
  /** How often it is tried again, under the same key, after it failed or took too long; 0 by default. */
  readonly retries?: number
  /** How long to wait before it is tried again; 1,000 ms by default, then twice as long each time, up to 30,000 ms. */
  readonly backoff?: Backoff
  /** Milliseconds that an attempt may take: then its signal is aborted, and it has failed. For ever by default. */
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
 * An actor to invoke: does work outside the agent, once, after the step that wanted it is durable, and records how it
 * ended before the agent hears of it.
 *
 * @example
 * actors: { search: effect('search-venues', async ({ guests }: { guests: number }, { signal }) => find(guests, signal)) }
 * // Tried three times at most, each for 5 seconds at most.
 * actors: { pay: effect('pay', pay, { retries: 2, backoff: { initial: 500 }, timeout: 5_000 }) }
 *
 * @param name a word for frames and charts
 * @param run gets the invoke's input and a scope; returns data
 * @param options `enrich`: tags and data for the events that tell of it; `inDoubt`: what becomes of it when a process ended
 *   and nobody knows whether it was done; `retries`, `backoff` and `timeout`: how often it is tried again, after how many
 *   milliseconds, and how many an attempt may take
 * @throws EffectOptionsError, UnknownOptionError, OptionValueError, IllegalIdError
 * @throws (as the invoke's error) whatever `run` throws; ValueError when it returns what a journal cannot give back, which is not
 *   tried again; EffectTimeoutError; EffectExhaustedError, with the last error as its cause, when it was tried again in vain
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
  return outside('effect', work)
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

/** The options of an effect make no sense. */
export class EffectOptionsError extends TroupeError {
  readonly code = 'EFFECT_OPTIONS'
  readonly effect: string
  constructor(effect: string, fault: string) {
    super(`The effect "${effect}" cannot be made like this: ${fault}.`)
    this.effect = effect
  }
}

/** An attempt of an effect took longer than it may. */
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

/** An effect failed as often as it may be tried; `cause` is what it failed of the last time. */
export class EffectExhaustedError extends TroupeError {
  readonly code = 'EFFECT_EXHAUSTED'
  readonly effect: string
  readonly key: string
  /** How often it failed. */
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
