import type * as z from 'zod'
import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askRequested, askSucceeded } from '../events/runtime-events.ts'
import { AskCancelledError, AskRefusedError, isRefused } from '../invoke/ask-errors.ts'
import { defaultDeadline, retryOf } from '../invoke/ask-options.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import { type Handler, LazyScope } from '../invoke/handler.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { accept, reject, type Tally } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { type AskFields, endedEvent, requestedEvent } from './ask-events.ts'
import { askFields, askOrigin, checkAsker, type OutsideAskOptions } from './ask-from-outside.ts'

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

/** A request of somebody outside, for a handler, and what the handler is handed with it. */
class Asking extends LazyScope {
  readonly handler: Handler
  readonly request: RequestDefinition
  /** What is asked, as its schema made it. */
  readonly data: unknown
  readonly options: OutsideAskOptions
  origin: Origin | undefined

  constructor(
    partition: Partition,
    handler: Handler,
    request: RequestDefinition,
    data: unknown,
    options: OutsideAskOptions,
  ) {
    super(partition, handler)
    this.handler = handler
    this.request = request
    this.data = data
    this.options = options
    this.origin = undefined
  }
}

function answered(
  partition: Partition,
  handler: Handler,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const data = admit(partition, handler, request, input, options)
  const asking = new Asking(partition, handler, request, data, options)
  // Most have no listener, and this is the shortest way to an answer that there is.
  if (partition.reports.isNoted(askRequested.type))
    partition.note(askRequested.type, () => requestedEvent(fieldsOf(asking)), originOf(partition, asking))
  const outcome = handler.answer(data, asking)
  const isOver = !(outcome instanceof Promise) && (outcome.ok || (options.retries ?? 0) === 0)
  if (isOver) return tell(partition, asking, outcome)
  // What calls now is no longer calling when the answer comes.
  originOf(partition, asking)
  return new Promise((resolve, reject) => {
    open(partition, asking, end => {
      try {
        resolve(tell(partition, asking, end))
      } catch (error) {
        reject(error)
      }
    })
    settle(partition.system.asks, asking.ask, outcome)
  })
}

/** Waits for an answer that does not come at once, like for that of an agent. */
function open({ system: { asks }, activity }: Partition, asking: Asking, told: (outcome: Outcome) => void): void {
  const { handler, request, data, options, ask: key } = asking
  const { type } = request
  const { address: to } = handler
  const { deadline = defaultDeadline, signal } = options
  const cancel = () => void asks.fail(key, new AskCancelledError(type, to, signal?.reason))
  activity.begin()
  asks.open({
    key,
    type,
    from: 'outside',
    requestId: options.requestId,
    partition: undefined,
    to,
    deadline,
    retry: retryOf(request, options),
    again: () => settle(asks, key, handler.answer(data, asking)),
    settle: outcome => {
      signal?.removeEventListener('abort', cancel)
      if (!outcome.ok) asking.abort(outcome.error)
      told(outcome)
      activity.end()
    },
  })
  signal?.addEventListener('abort', cancel, { once: true })
}

/** Ends an ask as its handler does, unless it may be asked again. */
function settle(asks: AskTable, key: string, outcome: Outcome | Promise<Outcome>): void {
  if (outcome instanceof Promise) void outcome.then(one => settle(asks, key, one))
  else if (!outcome.ok && outcome.error instanceof TroupeError) asks.fail(key, outcome.error)
  else asks.close(key, outcome)
}

function admit(
  { system }: Partition,
  handler: Handler,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const { signal } = options
  try {
    handler.check(request)
    retryOf(request, options)
    checkAsker(system.asks, options)
    if (signal?.aborted) throw new AskCancelledError(request.type, handler.address, signal.reason)
    const data: unknown = request.checkInput(input)
    accept(system.tally)
    return data
  } catch (error) {
    reject(system.tally)
    throw error
  }
}

/** Counts and tells how an ask of a handler ended. @throws what it ended with */
function tell(partition: Partition, asking: Asking, outcome: Outcome): unknown {
  count(partition.system.tally, outcome)
  // Of what is not journalled, only failures are kept in the history.
  if (!outcome.ok) partition.report(endOf(asking, outcome), originOf(partition, asking))
  else if (partition.reports.isNoted(askSucceeded.type))
    partition.note(askSucceeded.type, () => endOf(asking, outcome), originOf(partition, asking))
  if (!outcome.ok) throw outcome.error
  return outcome.output
}

function endOf(asking: Asking, outcome: Outcome): EventOf {
  return endedEvent(fieldsOf(asking), asking.request, outcome)
}

/** What led to it, which is found out once. */
function originOf(partition: Partition, asking: Asking): Origin {
  asking.origin ??= askOrigin(partition, asking.ask, asking.options)
  return asking.origin
}

function fieldsOf({ handler, request, data, options, ask }: Asking): AskFields {
  const fields = askFields(ask, request, handler.address, options)
  return request.tell ? { ...fields, parameters: data } : fields
}

/** Hands an agent's request to a handler; the answer ends the ask. */
export function answerAsk(
  partition: Partition,
  handler: Handler,
  { ask, data }: EventOf & { readonly ask: string },
): void {
  const { asks, tally } = partition.system
  const scope = new LazyScope(partition, handler, ask)
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
