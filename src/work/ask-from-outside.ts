import type * as z from 'zod'
import type { AskedOf, RequestDefinition } from '../events/request.ts'
import { askRequested, askSucceeded } from '../events/runtime-events.ts'
import { retryOf } from '../invoke/ask-options.ts'
import { accept, reject } from '../mail/tally.ts'
import { endedEvent, withParameters } from './ask-events.ts'
import type { AgentCallee, HandlerCallee } from './callee.ts'
import { checkAsker, checkWanted, type OutsideAskOptions } from './outside-ask-options.ts'
import { answerTo, nameOf, OutsideAsker, originOf } from './outside-asker.ts'
import type { RemoteCallee } from './remote-callee.ts'

/** Asks an agent for a caller outside the agents; resolves with the reply once it cannot be lost. */
export function askAgent<T extends string, I extends z.ZodType, O extends z.ZodType>(
  callee: AgentCallee | RemoteCallee,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): Promise<z.output<O>> {
  const asker = new OutsideAsker(callee, request, admittedToAgent(callee, request, input, options), options)
  const { ask } = asker
  const answer = answerTo(asker)
  ask.sayRequested()
  ask.send()
  // The reply was made by `request.reply`, or parsed by the catalogue: it has this type.
  return answer as Promise<z.output<O>>
}

/** Checks a request to an agent, and counts it if it is refused. */
function admittedToAgent(
  callee: AgentCallee | RemoteCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): AskedOf {
  const { address: to, partition } = callee
  const { asks } = partition
  const { ids, tally } = partition.system
  retryOf(request, options)
  let key: string | undefined
  try {
    checkAsker(asks, options)
    // Not the request's id, which an earlier request may have had whose answer is still on its way.
    key = `outside/${ids.next()}`
    checkWanted(request, to, options)
    callee.check(request)
    return request.asked(input, key)
  } catch (error) {
    reject(tally)
    if (key === undefined) throw error
    const fields = { key: options.requestId ?? key, type: request.type, from: nameOf(options), to }
    const ended = endedEvent(withParameters(fields, request, input), request, { ok: false, error })
    partition.report(ended, originOf(partition, key, options))
    throw error
  }
}

/**
 * Asks a handler for a caller outside the agents. Nothing of it is journalled. A handler that answers at once costs no entry in
 * the table of asks, no timer and no promise.
 */
export function askHandler<T extends string, I extends z.ZodType, O extends z.ZodType>(
  callee: HandlerCallee,
  request: RequestDefinition<T, I, O>,
  input: z.input<I>,
  options: OutsideAskOptions = {},
): z.output<O> | Promise<z.output<O>> {
  // The answer was parsed by the schema that this type comes from.
  return answeredBy(callee, request, input, options) as z.output<O> | Promise<z.output<O>>
}

function answeredBy(
  callee: HandlerCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const { partition } = callee
  const data = admittedToHandler(callee, request, input, options)
  // Most asks have no listener, and this is the shortest way to an answer that there is.
  const isSeen = partition.system.around !== undefined || partition.reports.isHeard(askRequested.type)
  const early = isSeen ? askerOf(callee, request, data, options) : undefined
  early?.ask.sayRequested()
  const outcome = callee.answer(data, early?.ask.origin)
  if (outcome instanceof Promise || (!outcome.ok && (options.retries ?? 0) > 0)) {
    const later = answerTo(early ?? askerOf(callee, request, data, options))
    callee.end(outcome)
    return later
  }
  callee.count(outcome)
  if (outcome.ok && !early && !partition.reports.isHeard(askSucceeded.type)) return outcome.output
  const { ask } = early ?? askerOf(callee, request, data, options)
  ask.sayEnd(outcome, false)
  if (!outcome.ok) throw outcome.error
  return outcome.output
}

function askerOf(
  callee: HandlerCallee,
  request: RequestDefinition,
  data: unknown,
  options: OutsideAskOptions,
): OutsideAsker {
  return new OutsideAsker(callee, request, { type: request.type, data, ask: callee.ask }, options)
}

/** Checks a request to a handler, and counts it. */
function admittedToHandler(
  callee: HandlerCallee,
  request: RequestDefinition,
  input: unknown,
  options: OutsideAskOptions,
): unknown {
  const { asks, system } = callee.partition
  const { tally } = system
  try {
    callee.check(request)
    retryOf(request, options)
    checkAsker(asks, options)
    checkWanted(request, callee.address, options)
    const data: unknown = request.checkInput(input)
    accept(tally)
    return data
  } catch (error) {
    reject(tally)
    throw error
  }
}
