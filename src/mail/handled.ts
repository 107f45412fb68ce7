import type { TraceContext } from '../around.ts'
import type { Envelope } from './envelope.ts'

/** The origin of an event: the correlation id that a whole chain of events shares, and the event just before. */
export interface Origin {
  readonly correlationid: string
  /** The id of the event that was being handled; `undefined` if no event was being handled. */
  readonly causationid?: string
  /** The key of the ask that waits for the result; `undefined` if no ask waits. */
  readonly request?: string | undefined
  /** What `around` sends along. */
  readonly trace?: TraceContext | undefined
}

/** Copies these fields alone from an object that has more. */
export function originIn({ correlationid, causationid, request, trace }: Origin): Origin {
  return {
    correlationid,
    ...(causationid !== undefined && { causationid }),
    ...(request !== undefined && { request }),
    ...(trace !== undefined && { trace }),
  }
}

/** What an agent handles in a step: a position of its partition. */
export interface Handled extends Origin {
  readonly seq: number
  readonly type: string
  /** The event itself, unless it is one of XState's own. */
  readonly envelope?: Envelope
}

/** The origin of what an event leads to. */
export function originOf({ id, correlationid, trace }: Envelope): Origin {
  return trace === undefined ? { correlationid, causationid: id } : { correlationid, causationid: id, trace }
}
