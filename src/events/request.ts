import type * as z from 'zod'
import { isOf } from '../errors.ts'
import { checkOptionNames } from '../options.ts'
import { CheckedEvent, checkType, type EventOf, payloadCheck } from './event.ts'
import {
  AskRefusedByCalleeError,
  type Refusal,
  type RefusalOutput,
  type RefusalSchema,
  type Refusals,
  refusalSchema,
} from './refusal.ts'

/** A request as the callee hears it: `ask` is the key that the reply carries back. */
export interface AskedOf<T extends string = string, I = unknown> extends EventOf<T, I> {
  readonly ask: string
}

/** The reply to a request, as the callee emits it. */
export interface ReplyOf<T extends string = string, O = unknown> extends EventOf<`${T}.reply`, O> {
  readonly ask: string
}

/** The refusal of a request, as the callee emits it. */
export interface RefusalOf<T extends string = string, R extends Refusal = Refusal> extends EventOf<`${T}.refusal`, R> {
  readonly ask: string
}

/** What `defineRequest` returns: a question with the schemas of what is asked and what is answered. */
export interface RequestDefinition<
  T extends string = string,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  R extends z.ZodType<Refusal, Refusal> = z.ZodType<Refusal, Refusal>,
> {
  readonly type: T
  readonly input: I
  readonly output: O
  /** The schema of what it is refused with: a code, a message and data. */
  readonly refusal: R
  /** Whether it may be asked again when it is not known what became of it. */
  readonly safe: boolean
  /** Whether requests and replies are journalled. */
  readonly persist: boolean
  /** Whether the events `ask.*` carry what is asked and what is answered. */
  readonly tell: boolean
  /** One sentence for the generated table of events. */
  readonly description: string
  /** Parses what is asked. @throws EventPayloadError */
  checkInput(input: unknown): z.output<I>
  /** Parses what is answered. @throws EventPayloadError */
  checkOutput(output: unknown): z.output<O>
  /** Makes the checked event that a machine asking by hand would send; `ask` and `runtime.ask` call it for you. */
  asked(input: z.input<I>, key: string): AskedOf<T, z.output<I>>
  /** Makes the checked reply to a request that was heard: `emit(({ event }) => guestCount.reply(event, { guests: 75 }))`. */
  reply(to: { readonly ask: string }, output: z.input<O>): ReplyOf<T, z.output<O>>
  /**
   * Makes a checked refusal, which an agent emits like a reply, and a handler returns. The asker gets an
   * `AskRefusedByCalleeError`; no agent fails.
   *
   * @example
   * emit(({ event }) => getUser.fail(event, { code: 'NO_SUCH_USER', message: 'Nobody has this id.', data: { id: 'u7' } }))
   *
   * @throws EventPayloadError if the request does not allow this refusal
   */
  fail(to: { readonly ask: string }, refusal: z.input<R>): RefusalOf<T, z.output<R>>
  /**
   * Whether what an ask of this request ended with is a refusal of its callee, whose fields have types then.
   *
   * @example
   * if (getUser.isRefusal(error) && error.refusal.code === 'NO_SUCH_USER') console.log(error.refusal.data.id)
   */
  isRefusal(error: unknown): error is AskRefusedByCalleeError<T, z.output<R>>
}

const requestNames = {
  input: true,
  output: true,
  refusals: true,
  safe: true,
  persist: true,
  tell: true,
  description: true,
} as const

/**
 * Declares a request once: its type, what is asked, what is answered.
 *
 * @example
 * const guestCount = defineRequest('guests.count', {
 *   input: z.object({ why: z.string() }),
 *   output: z.object({ guests: z.number().int() }),
 * })
 *
 * @param type words with dots between them, such as `guests.count`
 * @param io zod schemas of JSON values; `safe: true` says that answering twice does no harm, so that asks may retry; `persist: false`
 *   keeps it and its replies out of the journal; `refusals`: by code, the schema of the data that `fail` takes, any code and any
 *   JSON by default; `tell: true` lets the events `ask.*` carry what is asked and what is answered; `description`: one sentence for the generated table
 * @throws EventDefinitionError if the type is malformed or a schema holds what JSON cannot
 */
export function defineRequest<
  const T extends string,
  I extends z.ZodType,
  O extends z.ZodType,
  R extends Refusals = Refusals,
>(
  type: T,
  io: {
    readonly input: I
    readonly output: O
    readonly refusals?: R
    readonly safe?: boolean
    readonly persist?: boolean
    readonly tell?: boolean
    readonly description?: string
  },
): RequestDefinition<T, I, O, RefusalSchema<R>> {
  checkType(type)
  checkOptionNames('defineRequest', io, requestNames)
  const replyType: `${T}.reply` = `${type}.reply`
  const refusalType: `${T}.refusal` = `${type}.refusal`
  const refusal = refusalSchema(io.refusals)
  const checkInput = payloadCheck(type, io.input)
  const checkOutput = payloadCheck(replyType, io.output)
  const checkRefusal = payloadCheck(refusalType, refusal)
  return {
    type,
    input: io.input,
    output: io.output,
    refusal,
    safe: io.safe ?? false,
    persist: io.persist ?? true,
    tell: io.tell ?? false,
    description: io.description ?? '',
    checkInput,
    checkOutput,
    asked: (input, key) => new CheckedAsk(type, checkInput(input), key, io.input),
    reply: (to, output) => new CheckedAsk(replyType, checkOutput(output), to.ask, io.output),
    fail: (to, no) => new CheckedAsk(refusalType, checkRefusal(no), to.ask, refusal),
    isRefusal: (error): error is AskRefusedByCalleeError<T, RefusalOutput<R>> =>
      error instanceof AskRefusedByCalleeError && error.type === type,
  }
}

/** The refusal in an answer, if `fail` of this request made it. */
export function refusalIn({ type, refusal }: RequestDefinition, answer: unknown): Refusal | undefined {
  const isRefusal = isOf(answer, CheckedAsk) && answer.type === `${type}.refusal` && CheckedAsk.isBy(refusal, answer)
  // Its schema has made it.
  return isRefusal ? (answer.data as Refusal) : undefined
}

/** The type of the request that a reply or a refusal of this type answers; `undefined` if the type is neither. */
export function answeredBy(type: string): string | undefined {
  if (type.endsWith('.reply')) return type.slice(0, -'.reply'.length)
  return isRefusalType(type) ? type.slice(0, -'.refusal'.length) : undefined
}

/** Whether an answer of this type says no. */
export function isRefusalType(type: string): boolean {
  return type.endsWith('.refusal')
}

/** A request or reply that went through its schema already. */
export class CheckedAsk<T extends string, D> extends CheckedEvent<T, D> {
  readonly ask: string
  constructor(type: T, data: D, ask: string, schema: z.ZodType) {
    super(type, data, schema)
    this.ask = ask
  }
}
