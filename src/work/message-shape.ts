import * as z from 'zod'
import { pieces } from '../journal/frame-shape.ts'
import { lazily } from '../lazily.ts'
import type { Message } from '../transport/message.ts'
import { MalformedMessageError, UnknownMessageError } from '../transport/transport.ts'
import { faultIn } from '../values/value.ts'

const shapes = lazily((): Readonly<Record<Message['type'], z.ZodType>> => {
  const { name, count, trace, envelope } = pieces()
  const key = name.min(1)
  const value = z.unknown().superRefine((data, { addIssue }) => {
    const fault = faultIn(data)
    if (fault) addIssue({ code: 'custom', message: `no journal keeps ${fault.found}` })
  })
  const error = z.looseObject({ code: name, message: name })
  const origin = z.looseObject({
    correlationid: name.optional(),
    causationid: name.optional(),
    request: name.optional(),
    trace,
  })
  const ask = {
    from: key,
    ask: key,
    to: key.optional(),
    request: key,
    data: value,
    source: key,
    origin,
    behalf: z.array(name),
    wait: z.number().nonnegative().optional(),
    again: z
      .looseObject({ callee: key.optional(), takenBy: count.optional(), isUnread: z.boolean().optional() })
      .optional(),
  }
  return {
    ask: z.looseObject(ask),
    cancel: z.looseObject({ ask: key, error: error.optional() }),
    reply: z.looseObject({ ask: key, source: key, data: value }),
    failure: z.looseObject({ ask: key, error }),
    overheard: z.looseObject({ envelope: envelope.extend({ data: value }) }),
    mark: z.looseObject({ mark: count }),
  }
})

/**
 * Checks what another program may have sent.
 *
 * @throws UnknownMessageError, MalformedMessageError
 */
export function checkMessage(message: Message): void {
  const { type }: { readonly type?: unknown } = Object(message)
  const known = shapes()
  if (typeof type !== 'string' || !Object.hasOwn(known, type)) throw new UnknownMessageError(message)
  const { error } = known[message.type].safeParse(message)
  const fault = error?.issues[0]
  if (fault) throw new MalformedMessageError(message.type, fault.path.join('.'), fault.message)
}
