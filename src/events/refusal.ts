import * as z from 'zod'
import { TroupeError } from '../errors.ts'
import { lazily } from '../lazily.ts'

/** Why a callee refused a request: a code for programs, a sentence for people, and data. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly data?: unknown
}

/** The refusals that a request allows: the schema of their data, by code. */
export type Refusals = Readonly<Record<string, z.ZodType>>

/** The refusals of a request, as its callee gives them. */
export type RefusalInput<R extends Refusals> = {
  [C in keyof R & string]: { readonly code: C; readonly message: string } & Carrying<z.input<R[C]>>
}[keyof R & string]

/** The same, as its asker gets them. */
export type RefusalOutput<R extends Refusals> = {
  [C in keyof R & string]: { readonly code: C; readonly message: string } & Carrying<z.output<R[C]>>
}[keyof R & string]

/** The schema of all refusals of a request. A type of its own, because TypeScript 5 cannot compare requests by a map of schemas. */
export type RefusalSchema<R extends Refusals> = z.ZodType<RefusalOutput<R>, RefusalInput<R>>

type Carrying<D> = undefined extends D ? { readonly data?: D } : { readonly data: D }

const sentence = () => ({ code: z.string().min(1), message: z.string() })

/** The schema for requests that do not declare their refusals. */
const anyRefusal = lazily(() => z.object({ ...sentence(), data: z.json().optional() }))

/** The schema of the refusals of a request. */
export function refusalSchema<R extends Refusals>(refusals: R | undefined): RefusalSchema<R> {
  const [first, ...others] = Object.entries(refusals ?? {}).map(([code, data]) =>
    z.object({ ...sentence(), code: z.literal(code), data }),
  )
  const schema: z.ZodType = first ? z.discriminatedUnion('code', [first, ...others]) : anyRefusal()
  // The schema was made of the refusals that give the type.
  return schema as RefusalSchema<R>
}

/** The callee refused the request: `refusal` is the value that it gave to `request.fail`. */
export class AskRefusedByCalleeError<T extends string = string, R extends Refusal = Refusal> extends TroupeError {
  readonly code = 'ASK_REFUSED_BY_CALLEE'
  readonly type: T
  readonly to: string
  readonly refusal: R
  constructor(type: T, to: string, refusal: R) {
    super(
      `"${to}" refused "${type}" with ${refusal.code}, "${refusal.message}". Decide by error.refusal.code, or ask for something else.`,
    )
    this.type = type
    this.to = to
    this.refusal = refusal
  }
}
