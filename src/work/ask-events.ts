import { codeOf, textOf } from '../errors.ts'
import { type EventOf, trusted } from '../events/event.ts'
import type { RequestDefinition } from '../events/request.ts'
import { askFailed, askRequested, askSucceeded } from '../events/runtime-events.ts'
import { isRefused } from '../invoke/ask-errors.ts'
import type { Outcome } from '../invoke/outside.ts'

/** Whom an ask is from and for, and what is asked, if the request tells of it. */
export interface AskFields {
  readonly key: string
  readonly type: string
  readonly from: string
  readonly to: string
  readonly parameters?: unknown
}

/** The same with what is asked, as it is now, if the request tells of it and allows it. */
export function withParameters(fields: AskFields, request: RequestDefinition, input: unknown): AskFields {
  if (!request.tell) return fields
  try {
    return { ...fields, parameters: request.checkInput(input) }
  } catch {
    // An input that the request refuses is nothing that a payload may hold.
    return fields
  }
}

/** The event that says that somebody asks. */
export function requestedEvent(fields: AskFields): EventOf {
  return trusted(askRequested, fields)
}

/** The event that says how an ask ended. */
export function endedEvent(fields: AskFields, { tell }: RequestDefinition, outcome: Outcome): EventOf {
  if (outcome.ok) return trusted(askSucceeded, tell ? { ...fields, answer: outcome.output } : fields)
  const { error } = outcome
  const refusal = tell && isRefused(error) ? { refusal: error.refusal } : {}
  return askFailed({ ...fields, code: codeOf(error), error: textOf(error), ...refusal })
}
