import { codeOf, textOf } from '../errors.ts'
import { type EventOf, trusted } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askFailed, askRequested, askSucceeded } from '../events/runtime-events.ts'
import { isRefused } from '../invoke/ask-errors.ts'
import type { Outcome } from '../invoke/outside.ts'

/** What the events of an ask have in common: `parameters` are there if the request is defined with `tell`. */
export interface AskFields {
  readonly key: string
  readonly type: string
  readonly from: string
  readonly to: string
  readonly parameters?: unknown
}

/** Adds what is asked, if the request is defined with `tell` and its schema allows the input. */
export function withParameters(fields: AskFields, request: RequestDefinition, input: unknown): AskFields {
  if (!request.tell) return fields
  try {
    return { ...fields, parameters: request.checkInput(input) }
  } catch {
    // An event must not hold an input that the schema refuses.
    return fields
  }
}

/** `ask.requested`. */
export function requestedEvent(fields: AskFields): EventOf {
  return trusted(askRequested, fields)
}

/** `ask.succeeded` or `ask.failed`. */
export function endedEvent(fields: AskFields, { tell }: RequestDefinition, outcome: Outcome): EventOf {
  if (outcome.ok) return trusted(askSucceeded, tell ? { ...fields, answer: outcome.output } : fields)
  const { error } = outcome
  const refusal = tell && isRefused(error) ? { refusal: error.refusal } : {}
  return askFailed({ ...fields, code: codeOf(error), error: textOf(error), ...refusal })
}
