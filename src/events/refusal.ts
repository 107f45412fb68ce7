import * as z from 'zod'
import { TroupeError } from '../errors.ts'
import { lazily } from '../lazily.ts'

/** Why a callee said no: a code to decide by, a sentence for people, and what belongs to it. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly data?: unknown
}

/** What a request may be refused with: by code, the schema of the data that belongs to it. */
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

/** Of requests that do not say what they may be refused with. */
const anyRefusal = lazily(() => z.object({ ...sentence(), data: z.json().optional() }))

/** The schema of what a request may be refused with. */
export function refusalSchema<R extends Refusals>(refusals: R | undefined): RefusalSchema<R> {
  const [first, ...others] = Object.entries(refusals ?? {}).map(([code, data]) =>
    z.object({ ...sentence(), code: z.literal(code), data }),
  )
  const schema: z.ZodType = first ? z.discriminatedUnion('code', [first, ...others]) : anyRefusal()
  // It was made of the refusals that the type comes from.
  return schema as RefusalSchema<R>
}

/** The callee answered that it cannot do what it was asked: `refusal` is what it gave to `request.fail`. */
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
