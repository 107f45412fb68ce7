import { checkName } from '../ids.ts'
import type { Enrichment } from './enrichment.ts'
import { type OutsideLogic, outside } from './outside.ts'

/** What the runtime hands to outside work. */
export interface EffectScope {
  /** Names this piece of work for ever: the same after a crash, different for any other. Send it to receivers as idempotency key. */
  readonly key: string
  /** Counted from 1; above that, a process has ended while it ran, or might have. */
  readonly attempt: number
  /** Aborted when the agent no longer wants the result: it left the state, failed, or was stopped. */
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
}

/**
 * An actor to invoke: does work outside the agent, once, after the step that wanted it is durable, and records how it
 * ended before the agent hears of it.
 *
 * @example
 * actors: { search: effect('search-venues', async ({ guests }: { guests: number }, { signal }) => find(guests, signal)) }
 *
 * @param name a word for frames and charts
 * @param run gets the invoke's input and a scope; returns data
 * @param options `enrich`: tags and data for the events that tell of it; `inDoubt`: what becomes of it when a process ended
 *   and nobody knows whether it was done
 * @throws (as the invoke's error) whatever `run` throws; ValueError when it returns what a journal cannot give back
 */
export function effect<I, O>(
  name: string,
  run: EffectFunction<I, O>,
  { enrich, inDoubt = 'retry' }: EffectOptions<NoInfer<I>, NoInfer<O>> = {},
): EffectLogic<I, O> {
  const work: EffectWork = { kind: 'effect', name: checkName('effect', name), run, enrich, inDoubt }
  return outside('effect', work)
}
