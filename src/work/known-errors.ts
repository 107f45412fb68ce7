import * as z from 'zod'
import type { TroupeError } from '../errors.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { EffectExhaustedError, EffectTimeoutError } from '../invoke/effect.ts'
import { AskManyError } from '../invoke/gather.ts'
import { lazily } from '../lazily.ts'
import { decoded, encoded } from '../values/json.ts'

/** Errors that agents decide by, by code: in another process they have the same class and the same fields. */
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
        one => new AskRefusedByCalleeError(one.type, one.to, one.refusal),
      ),
    ],
    [
      'ASK_MANY',
      kind(
        AskManyError,
        z.object({ type: z.string(), needed: z.int(), asked: z.int(), failures: z.array(failure) }),
        one => new AskManyError(one.type, one.needed, one.asked, one.failures),
      ),
    ],
    [
      'EFFECT_TIMEOUT',
      kind(
        EffectTimeoutError,
        z.object({ ...effect, timeout: z.number() }),
        one => new EffectTimeoutError(one.effect, one.key, one.timeout),
      ),
    ],
    [
      'EFFECT_EXHAUSTED',
      kind(
        EffectExhaustedError,
        z.object({ ...effect, failures: z.int() }),
        (one, cause) => new EffectExhaustedError(one.effect, one.key, one.failures, cause),
      ),
    ],
  ])
})

interface Kind {
  /** The fields of an error of this kind; none of others. */
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

/** What the journal holds of such an error besides its code, message and cause; nothing for others. */
export function knownFields(code: string, error: unknown): { readonly fields?: unknown } {
  const fields = kinds().get(code)?.fieldsOf(error)
  return fields ? { fields: encoded(fields) } : {}
}

/** The error of which the journal holds this, if it is such an error. */
export function knownError(
  { code, fields }: { readonly code?: unknown; readonly fields?: unknown },
  cause: unknown,
): TroupeError | undefined {
  return fields === undefined ? undefined : kinds().get(code)?.make(decoded(fields), cause)
}
