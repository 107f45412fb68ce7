import * as z from 'zod'
import type { TroupeError } from '../errors.ts'
import { EventPayloadError } from '../events/payload.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import { AskCycleError } from '../invoke/ask-circles.ts'
import {
  AskCancelledError,
  AskFailedError,
  AskRefusedError,
  AskStoppedError,
  AskTimeoutError,
} from '../invoke/ask-errors.ts'
import { EffectExhaustedError, EffectTimeoutError } from '../invoke/effect.ts'
import { AskManyError } from '../invoke/gather.ts'
import { lazily } from '../lazily.ts'
import { NoAddressError } from '../mail/address.ts'
import { decoded, encoded } from '../values/json.ts'

/** Errors that agents tell apart, by code: another process rebuilds them with the same class and the same fields. */
const kinds = lazily((): ReadonlyMap<unknown, Kind> => {
  const refusal = z.object({ code: z.string(), message: z.string(), data: z.unknown().optional() })
  const failure = z.object({ to: z.string(), code: z.string(), message: z.string(), refusal: refusal.optional() })
  const issue = z.object({ field: z.string(), expected: z.string(), received: z.string() })
  const effect = { effect: z.string(), key: z.string() }
  return new Map([
    ...askErrors(),
    [
      'ASK_REFUSED_BY_CALLEE',
      kind(
        AskRefusedByCalleeError,
        z.object({ type: z.string(), to: z.string(), refusal }),
        fields => new AskRefusedByCalleeError(fields.type, fields.to, fields.refusal),
      ),
    ],
    [
      'EVENT_PAYLOAD',
      kind(
        EventPayloadError,
        z.object({ type: z.string(), issues: z.array(issue) }),
        fields => new EventPayloadError(fields.type, fields.issues),
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

/** How an ask fails, other than by a refusal. */
function askErrors(): readonly (readonly [string, Kind])[] {
  const ask = { type: z.string(), to: z.string() }
  return [
    [
      'ASK_TIMEOUT',
      kind(
        AskTimeoutError,
        z.object({ ...ask, deadline: z.number() }),
        fields => new AskTimeoutError(fields.type, fields.to, fields.deadline),
      ),
    ],
    ['ASK_STOPPED', kind(AskStoppedError, z.object(ask), fields => new AskStoppedError(fields.type, fields.to))],
    [
      'ASK_FAILED',
      kind(
        AskFailedError,
        z.object({ ...ask, why: z.string() }),
        fields => new AskFailedError(fields.type, fields.to, fields.why),
      ),
    ],
    [
      'ASK_REFUSED',
      kind(
        AskRefusedError,
        z.object({ ...ask, reason: z.enum(['not-handled', 'overflow']) }),
        fields => new AskRefusedError(fields.type, fields.to, fields.reason),
      ),
    ],
    [
      'ASK_CANCELLED',
      kind(AskCancelledError, z.object(ask), (fields, cause) => new AskCancelledError(fields.type, fields.to, cause)),
    ],
    [
      'ASK_CYCLE',
      kind(
        AskCycleError,
        z.object({ type: z.string(), path: z.array(z.string()) }),
        fields => new AskCycleError(fields.type, fields.path),
      ),
    ],
    [
      'NO_ADDRESS',
      kind(NoAddressError, z.object({ address: z.string() }), fields => new NoAddressError(fields.address)),
    ],
  ]
}

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
