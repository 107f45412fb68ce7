import { isOf } from '../errors.ts'
import { EffectExhaustedError } from '../invoke/effect.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { OutcomeStanding } from '../journal/fold/agent-standing.ts'
import { type ErrorWords, RecordedError, wordsOf } from '../thrown.ts'
import { decoded, encoded } from '../values/json.ts'
import { faultIn } from '../values/value.ts'
import { knownError, knownFields } from './known-errors.ts'

/** How outside work failed, as the journal holds it. */
interface RecordedFailure extends ErrorWords {
  /** As the journal holds a value. */
  readonly error?: unknown
  /** The same, of the errors that are restored from their fields. */
  readonly fields?: unknown
  /** The last error of an effect that was tried again in vain. */
  readonly cause?: RecordedFailure
}

/** An outcome, and what the journal holds of it; an output that cannot be read any more makes it a failure. */
export function recorded(outcome: Outcome): { readonly outcome: Outcome; readonly value: unknown } {
  if (!outcome.ok) return { outcome, value: failureOf(outcome.error) }
  try {
    return { outcome, value: encoded(outcome.output) }
  } catch (error) {
    return recorded({ ok: false, error })
  }
}

/** The outcome that the journal holds. */
export function outcomeOf({ ok, value }: OutcomeStanding): Outcome {
  return ok ? { ok, output: decoded(value) } : { ok, error: errorOf(value) }
}

/** Any error in words; the error too, if the journal can give it back. */
function failureOf(error: unknown): RecordedFailure {
  const words = wordsOf(error)
  try {
    const whole = faultIn(error) === undefined && { error: encoded(error) }
    const cause = isOf(error, EffectExhaustedError) && { cause: failureOf(error.cause) }
    return { ...words, ...whole, ...knownFields(words.code, error), ...cause }
  } catch {
    // It throws when it is read.
    return words
  }
}

function errorOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return new RecordedError(value)
  if ('error' in value) return decoded(value.error)
  return knownError(value, 'cause' in value ? errorOf(value.cause) : undefined) ?? new RecordedError(value)
}
