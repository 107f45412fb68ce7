import type * as z from 'zod'
import { TroupeError } from '../errors.ts'
import type { RequestDefinition } from '../events/request.ts'
import { type Answer, type AskOne, gather } from '../invoke/gather.ts'
import type { Address } from '../mail/address.ts'
import type { OutsideAskManyOptions, OutsideAskOptions } from './outside-ask-options.ts'

/** Asks several agents for a caller outside the agents; `askOne` asks each of them. */
export async function askManyFromOutside<T extends string, I extends z.ZodType, O extends z.ZodType>(
  addresses: readonly Address[],
  { type }: RequestDefinition<T, I, O>,
  { need = 'all', signal, ...options }: OutsideAskManyOptions = {},
  askOne: (to: Address, options: OutsideAskOptions) => Promise<z.output<O>>,
): Promise<readonly Answer<z.output<O>>[]> {
  const ask: AskOne = (to, _, settle) => {
    const controller = new AbortController()
    const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal
    askOne(to, { ...options, signal: either }).then(
      output => settle({ ok: true, output }),
      (error: unknown) => settle({ ok: false, error }),
    )
    return why => controller.abort(why)
  }
  try {
    const answers = await new Promise<readonly Answer<unknown>[]>((resolve, reject) => {
      gather({ type, callees: addresses, need }, ask, outcome =>
        outcome.ok ? resolve(outcome.output) : reject(outcome.error),
      )
    })
    // Each answer was made by `request.reply`, or parsed by the catalogue.
    return answers as readonly Answer<z.output<O>>[]
  } catch (error) {
    if (error instanceof TroupeError) Error.captureStackTrace(error)
    throw error
  }
}
