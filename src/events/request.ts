import type * as z from 'zod'
import { CheckedEvent, checkType, type EventOf, payloadCheck } from './event.ts'

/** A request as the callee hears it: `ask` is the key that the reply carries back. */
export interface AskedOf<T extends string = string, I = unknown> extends EventOf<T, I> {
  readonly ask: string
}

/** The reply to a request, as the callee emits it. */
export interface ReplyOf<T extends string = string, O = unknown> extends EventOf<`${T}.reply`, O> {
  readonly ask: string
}

/** What `defineRequest` returns: a question with the schemas of what is asked and what is answered. */
export interface RequestDefinition<
  T extends string = string,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> {
  readonly type: T
  readonly input: I
  readonly output: O
  /** Whether it may be asked again when it is not known what became of it. */
  readonly safe: boolean
  /** Whether requests and replies are journalled. */
  readonly persist: boolean
  /** One sentence for the generated table of events. */
  readonly description: string
  /** Parses what is asked, and what is answered. @throws EventPayloadError */
  checkInput(input: unknown): z.output<I>
  checkOutput(output: unknown): z.output<O>
  /** Makes the checked event that a machine asking by hand would send; `ask` and `runtime.ask` call it for you. */
  asked(input: z.input<I>, key: string): AskedOf<T, z.output<I>>
  /** Makes the checked reply to a request that was heard: `emit(({ event }) => guestCount.reply(event, { guests: 75 }))`. */
  reply(to: { readonly ask: string }, output: z.input<O>): ReplyOf<T, z.output<O>>
}

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
 *   keeps it and its replies out of the journal; `description`: one sentence for the generated table
 * @throws EventDefinitionError if the type is malformed or a schema holds what JSON cannot
 */
export function defineRequest<const T extends string, I extends z.ZodType, O extends z.ZodType>(
  type: T,
  io: {
    readonly input: I
    readonly output: O
    readonly safe?: boolean
    readonly persist?: boolean
    readonly description?: string
  },
): RequestDefinition<T, I, O> {
  checkType(type)
  const replyType: `${T}.reply` = `${type}.reply`
  const checkInput = payloadCheck(type, io.input)
  const checkOutput = payloadCheck(replyType, io.output)
  return {
    type,
    input: io.input,
    output: io.output,
    safe: io.safe ?? false,
    persist: io.persist ?? true,
    description: io.description ?? '',
    checkInput,
    checkOutput,
    asked: (input, key) => new CheckedAsk(type, checkInput(input), key, io.input),
    reply: (to, output) => new CheckedAsk(replyType, checkOutput(output), to.ask, io.output),
  }
}

/** A request or reply that went through its schema already. */
export class CheckedAsk<T extends string, D> extends CheckedEvent<T, D> {
  readonly ask: string
  constructor(type: T, data: D, ask: string, schema: z.ZodType) {
    super(type, data, schema)
    this.ask = ask
  }
}
