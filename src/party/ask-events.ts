import { isRefused } from '../actor/ask.ts'
import type { Outcome } from '../actor/outside.ts'
import { codeOf, textOf } from '../errors.ts'
import { type EventOf, trusted } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askFailed, askRequested, askSucceeded } from '../events/runtime-events.ts'

/** Whom an ask is from and for. */
export interface AskFields {
  readonly key: string
  readonly type: string
  readonly from: string
  readonly to: string
}

/** The event that says that somebody asks. */
export function requestedEvent(fields: AskFields, request: RequestDefinition, input: unknown): EventOf {
  return trusted(askRequested, withParameters(fields, request, input))
}

/** The event that says how an ask ended. */
export function endedEvent(fields: AskFields, request: RequestDefinition, input: unknown, outcome: Outcome): EventOf {
  const told = withParameters(fields, request, input)
  if (outcome.ok) return trusted(askSucceeded, request.tell ? { ...told, answer: outcome.output } : told)
  const { error } = outcome
  const refusal = request.tell && isRefused(error) ? { refusal: error.refusal } : {}
  return askFailed({ ...told, code: codeOf(error), error: textOf(error), ...refusal })
}

function withParameters(fields: AskFields, request: RequestDefinition, input: unknown) {
  if (!request.tell) return fields
  try {
    return { ...fields, parameters: request.checkInput(input) }
  } catch {
    // An input that the request refuses is nothing that a payload may hold.
    return fields
  }
}
