import * as z from 'zod'
import type { TroupeError } from '../errors.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { EffectExhaustedError, EffectTimeoutError } from '../invoke/effect.ts'
import { AskManyError } from '../invoke/gather.ts'
import { lazily } from '../lazily.ts'
import { decoded, encoded } from '../values/json.ts'

/** Errors that agents tell apart, by code: another process rebuilds them with the same class and the same fields. */
const kinds = lazily((): ReadonlyMap<unknown, Kind> => {
  const refusal = z.object({ code: z.string(), message: z.string(), data: z.unknown().optional() })
  const failure = z.object({ to: z.string(), code: z.string(), message: z.string(), refusal: refusal.optional() })
  const effect = { effect: z.string(), key: z.string() }
  return new Map([
    [
      'ASK_REFUSED_BY_CALLEE',
      kind(
        AskRefusedByCalleeError,
        z.object({ type: z.string(), to: z.string(), refusal }),
        fields => new AskRefusedByCalleeError(fields.type, fields.to, fields.refusal),
      ),
    ],
    [
      'ASK_MANY',
      kind(
        AskManyError,
        z.object({ type: z.string(), needed: z.int(), asked: z.int(), failures: z.array(failure) }),
        fields => new AskManyError(fields.type, fields.needed, fields.asked, fields.failures),
      ),
    ],
    [
      'EFFECT_TIMEOUT',
      kind(
        EffectTimeoutError,
        z.object({ ...effect, timeout: z.number() }),
        fields => new EffectTimeoutError(fields.effect, fields.key, fields.timeout),
      ),
    ],
    [
      'EFFECT_EXHAUSTED',
      kind(
        EffectExhaustedError,
        z.object({ ...effect, failures: z.int() }),
        (fields, cause) => new EffectExhaustedError(fields.effect, fields.key, fields.failures, cause),
      ),
    ],
  ])
})

interface Kind {
  /** The fields of an error of this kind; nothing for another error. */
  fieldsOf(error: unknown): object | undefined
  make(fields: unknown, cause: unknown): TroupeError | undefined
}

function kind<F extends object>(
  of: abstract new (...args: never[]) => TroupeError,
  fields: z.ZodType<F>,
  make: (fields: F, cause: unknown) => TroupeError,
): Kind {
  return {
    fieldsOf: error => (error instanceof of ? fields.parse(error) : undefined),
    make: (given, cause) => {
      const { data } = fields.safeParse(given)
      return data && make(data, cause)
    },
  }
}

/** What the journal holds of a known error besides its code, message and cause; nothing for another error. */
export function knownFields(code: string, error: unknown): { readonly fields?: unknown } {
  const fields = kinds().get(code)?.fieldsOf(error)
  return fields ? { fields: encoded(fields) } : {}
}

/** Rebuilds a known error from what the journal holds of it; nothing for another error. */
export function knownError(
  { code, fields }: { readonly code?: unknown; readonly fields?: unknown },
  cause: unknown,
): TroupeError | undefined {
  return fields === undefined ? undefined : kinds().get(code)?.make(decoded(fields), cause)
}
