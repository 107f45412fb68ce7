import type * as z from 'zod'
import type { Actor } from '../actor/actor.ts'
import { AskCancelledError, AskStoppedError, AskTimeoutError, defaultDeadline } from '../actor/ask.ts'
import type { Outcome } from '../actor/outside.ts'
import { codeOf, TroupeError, textOf } from '../errors.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askFailed, askSucceeded } from '../events/runtime-events.ts'
import type { Partition } from './partition.ts'

/** How long somebody outside waits for an answer. */
export interface OutsideAskOptions {
  /** Milliseconds; 60,000 by default. */
  readonly deadline?: number
  readonly signal?: AbortSignal
}

/** Asks an agent on behalf of somebody who is none; resolves with the reply once it cannot be lost. */
export async function askFromOutside<T extends string, I extends z.ZodType, O extends z.ZodType>(
  partition: Partition,
  actor: Actor,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  { deadline = defaultDeadline, signal }: OutsideAskOptions = {},
): Promise<z.output<O>> {
  const { asks, ids } = partition.shared
  const { type } = request
  const to = actor.address
  const key = `outside/${ids.next()}`
  const cancel = () => void asks.fail(key, new AskCancelledError(type, to, signal?.reason))
  partition.activity.begin()
  const fields = { type, from: 'outside', to, key }
  try {
    const asked = request.asked(input, key)
    if (signal?.aborted) throw new AskCancelledError(type, to, signal.reason)
    if (actor.status === 'stopped') throw new AskStoppedError(type, to)
    const output = await new Promise<unknown>((resolve, reject) => {
      const settle = (outcome: Outcome) => {
        const end = () => (outcome.ok ? resolve(outcome.output) : reject(outcome.error))
        // What the agent did may still be lost; that its asker gave up may not.
        if (isGivenUp(outcome)) end()
        else partition.watermark.whenDurable(end, reject)
      }
      asks.open({ key, type, from: 'outside', partition: undefined, to, deadline, settle })
      signal?.addEventListener('abort', cancel, { once: true })
      partition.deliverAsk(actor, asked, 'outside')
    })
    partition.report(askSucceeded(fields))
    // The reply was made by `request.reply`, or parsed by the catalogue: it has this type.
    return output as z.output<O>
  } catch (error) {
    partition.report(askFailed({ ...fields, code: codeOf(error), error: textOf(error) }))
    // The caller's line rather than that of the timer or step which ended the ask.
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  } finally {
    partition.activity.end()
    signal?.removeEventListener('abort', cancel)
  }
}

function isGivenUp(outcome: Outcome): boolean {
  return !outcome.ok && (outcome.error instanceof AskTimeoutError || outcome.error instanceof AskCancelledError)
}
