import type * as z from 'zod'
import type { Address } from '../actor/address.ts'
import { AskCancelledError, AskRefusedError, type AskTable, defaultDeadline, isRefused, retryOf } from '../actor/ask.ts'
import { type Handler, LazyScope } from '../actor/handler.ts'
import type { Outcome } from '../actor/outside.ts'
import { accept, reject, type Tally } from '../actor/tally.ts'
import { codeOf, TroupeError, textOf } from '../errors.ts'
import { type EventOf, trusted } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askFailed, askRequested, askSucceeded } from '../events/runtime-events.ts'
import type { OutsideAskOptions } from './ask-from-outside.ts'
import type { Partition } from './partition.ts'

/** The handlers of a runtime, by address and by what they answer. */
export class Handlers {
  readonly #byAddress = new Map<Address, Handler>()
  readonly #byType = new Map<string, readonly Handler[]>()

  add(handler: Handler): void {
    this.#byAddress.set(handler.address, handler)
    this.#byType.set(handler.request.type, [...this.#of(handler.request.type), handler])
  }

  remove(handler: Handler): void {
    const { type } = handler.request
    if (this.#byAddress.get(handler.address) !== handler) return
    this.#byAddress.delete(handler.address)
    this.#byType.set(
      type,
      this.#of(type).filter(other => other !== handler),
    )
  }

  at(address: Address): Handler | undefined {
    return this.#byAddress.get(address)
  }

  /** The oldest one that answers requests of a type. */
  answering(type: string): Handler | undefined {
    return this.#of(type)[0]
  }

  [Symbol.iterator](): Iterator<Handler> {
    return this.#byAddress.values()
  }

  #of(type: string): readonly Handler[] {
    return this.#byType.get(type) ?? []
  }
}

/**
 * Asks a handler on behalf of somebody outside. Nothing of it is journalled; one that answers at once has no entry, no timer
 * and no promise of its own.
 */
export function askHandler<T extends string, I extends z.ZodType, O extends z.ZodType>(
  partition: Partition,
  handler: Handler,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): z.output<O> | Promise<z.output<O>> {
  // The answer was parsed by the schema that this type comes from.
  return answered(partition, handler, request, input, options) as z.output<O> | Promise<z.output<O>>
}

function answered(
  partition: Partition,
  handler: Handler,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const data = admit(partition, handler, request, input, options)
  partition.note(askRequested.type, () => trusted(askRequested, fieldsOf(handler, request)))
  const scope = new LazyScope(partition, '')
  const outcome = handler.answer(data, scope)
  const isOver = !(outcome instanceof Promise) && (outcome.ok || (options.retries ?? 0) === 0)
  if (isOver) return tell(partition, handler, request, outcome)
  return new Promise((resolve, reject) => {
    const told = (end: Outcome) => {
      try {
        resolve(tell(partition, handler, request, end))
      } catch (error) {
        reject(error)
      }
    }
    const { asks, key } = open(partition, handler, request, options, scope, told, () => handler.answer(data, scope))
    settle(asks, key, outcome)
  })
}

/** Waits for an answer that does not come at once, like for that of an agent. */
function open(
  { shared: { asks, ids }, activity }: Partition,
  { address: to }: Handler,
  request: RequestDefinition,
  options: OutsideAskOptions,
  scope: LazyScope,
  told: (outcome: Outcome) => void,
  answer: () => Outcome | Promise<Outcome>,
): { readonly asks: AskTable; readonly key: string } {
  const { type } = request
  const key = `outside/${ids.next()}`
  const { deadline = defaultDeadline, signal } = options
  const cancel = () => void asks.fail(key, new AskCancelledError(type, to, signal?.reason))
  activity.begin()
  asks.open({
    key,
    type,
    from: 'outside',
    partition: undefined,
    to,
    deadline,
    retry: retryOf(request, options),
    again: () => settle(asks, key, answer()),
    settle: outcome => {
      signal?.removeEventListener('abort', cancel)
      if (!outcome.ok) scope.abort(outcome.error)
      told(outcome)
      activity.end()
    },
  })
  signal?.addEventListener('abort', cancel, { once: true })
  return { asks, key }
}

/** Ends an ask as its handler does, unless it may be asked again. */
function settle(asks: AskTable, key: string, outcome: Outcome | Promise<Outcome>): void {
  if (outcome instanceof Promise) void outcome.then(one => settle(asks, key, one))
  else if (!outcome.ok && outcome.error instanceof TroupeError) asks.fail(key, outcome.error)
  else asks.close(key, outcome)
}

function admit(
  { shared }: Partition,
  handler: Handler,
  request: RequestDefinition,
  input: unknown,
  { signal, ...options }: OutsideAskOptions,
): unknown {
  try {
    handler.check(request)
    retryOf(request, options)
    if (signal?.aborted) throw new AskCancelledError(request.type, handler.address, signal.reason)
    const data: unknown = request.checkInput(input)
    accept(shared.tally)
    return data
  } catch (error) {
    reject(shared.tally)
    throw error
  }
}

/** Counts and tells how an ask of a handler ended. @throws what it ended with */
function tell(partition: Partition, handler: Handler, request: RequestDefinition, outcome: Outcome): unknown {
  const fields = fieldsOf(handler, request)
  count(partition.shared.tally, outcome)
  if (outcome.ok) {
    // Of what is not journalled, only failures are kept in the history.
    partition.note(askSucceeded.type, () => trusted(askSucceeded, fields))
    return outcome.output
  }
  const { error } = outcome
  partition.report(askFailed({ ...fields, code: codeOf(error), error: textOf(error) }))
  throw error
}

function fieldsOf({ address: to }: Handler, { type }: RequestDefinition) {
  return { type, from: 'outside', to, key: '' }
}

/** Hands an agent's request to a handler; the answer ends the ask. */
export function answerAsk(
  partition: Partition,
  handler: Handler,
  { ask, data }: EventOf & { readonly ask: string },
): void {
  const { asks, tally } = partition.shared
  const scope = new LazyScope(partition, ask)
  const leave = asks.during(ask, cause => scope.abort(cause))
  accept(tally)
  const over = (outcome: Outcome) => {
    leave()
    count(tally, outcome)
    settle(asks, ask, outcome)
  }
  const outcome = handler.answer(data, scope)
  if (outcome instanceof Promise) void outcome.then(over)
  else over(outcome)
}

/** Counts a delivery to a handler, which ends as soon as it is known how. */
function count(tally: Tally, outcome: Outcome): void {
  tally.created++
  if (outcome.ok || isRefused(outcome.error)) tally.handled++
  else tally[outcome.error instanceof AskRefusedError ? 'dead' : 'failed']++
}
