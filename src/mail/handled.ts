import type { Envelope } from './envelope.ts'

/** What led to something: the event that a chain goes back to, and what all of the chain shares. */
export interface Origin {
  readonly correlationid: string
  /** The id of the event that was being handled; none where nothing was. */
  readonly causationid?: string
  /** The key of the ask that it is done for; none where nobody waits for an answer. */
  readonly request?: string | undefined
}

/** The same, and nothing else of whatever has it. */
export function originIn({ correlationid, causationid, request }: Origin): Origin {
  return {
    correlationid,
    ...(causationid !== undefined && { causationid }),
    ...(request !== undefined && { request }),
  }
}

/** What an agent handles in a step: a position of its partition. */
export interface Handled extends Origin {
  readonly seq: number
  readonly type: string
  /** The event itself, unless it is one of XState's own. */
  readonly envelope?: Envelope
}
