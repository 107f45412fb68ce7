import { isOf } from '../errors.ts'
import { EffectExhaustedError } from '../invoke/effect.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { OutcomeStanding } from '../journal/fold/agent-standing.ts'
import { type ErrorData, RecordedError, wordsOf } from '../thrown.ts'
import { decoded, encoded } from '../values/json.ts'
import { faultIn } from '../values/value.ts'
import { knownError, knownFields } from './known-errors.ts'

/** An outcome, and what the journal holds of it; an output that cannot be read any more makes it a failure. */
export function recorded(outcome: Outcome): { readonly outcome: Outcome; readonly value: unknown } {
  if (!outcome.ok) return { outcome, value: errorData(outcome.error) }
  try {
    return { outcome, value: encoded(outcome.output) }
  } catch (error) {
    return recorded({ ok: false, error })
  }
}

/** The outcome that the journal holds. */
export function outcomeOf({ ok, value }: OutcomeStanding): Outcome {
  return ok ? { ok, output: decoded(value) } : { ok, error: errorIn(value) }
}

/** Any error as data: in words, and itself if it can be given back. */
export function errorData(error: unknown): ErrorData {
  const words = wordsOf(error)
  try {
    const whole = faultIn(error) === undefined && { error: encoded(error) }
    const cause = isOf(error, EffectExhaustedError) && { cause: errorData(error.cause) }
    return { ...words, ...whole, ...knownFields(words.code, error), ...cause }
  } catch {
    // It throws when it is read.
    return words
  }
}

/** The error that `errorData` describes: the same one where that is possible, else in words. */
export function errorIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return new RecordedError(value)
  if ('error' in value) return decoded(value.error)
  return knownError(value, 'cause' in value ? errorIn(value.cause) : undefined) ?? new RecordedError(value)
}
