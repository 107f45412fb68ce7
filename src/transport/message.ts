import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { ErrorData } from '../thrown.ts'

/**
 * What one partition sends to another by a `Transport`. Messages are plain data: JSON and `structuredClone` carry each of them as it
 * is. `type` says which one it is.
 */
export type Message = Messages[keyof Messages]

/** The messages, by their types. */
export interface Messages {
  /** An agent, or a caller outside the agents, asks somebody in another partition. */
  readonly ask: {
    readonly type: 'ask'
    /** The partition that gets the answer. */
    readonly from: Address
    /** The key of the ask, which the answer carries back. */
    readonly ask: string
    /** The agent, pool or handler that is asked; left out for whichever hears the request. */
    readonly to?: Address
    /** The type of the request. */
    readonly request: string
    readonly data: unknown
    /** Who asks, as the envelope of the request says it. */
    readonly source: Address
    readonly origin: Origin
    /** The keys of the asks on whose behalf this one is made, the nearest first: so a circle of asks is found. */
    readonly behalf: readonly string[]
    /** Milliseconds for which the asker still waits; a duration, because two clocks may differ. Left out if it waits for ever. */
    readonly wait?: number
    /** Set if another process has made the ask: it waits for a callee that is not there yet. */
    readonly again?: {
      /** The agent that got the request in an earlier process: to this agent it is not delivered again. */
      readonly callee?: Address
      /** The incarnation of that agent that has taken the request. */
      readonly takenBy?: number
      /** Whether the runtime of the asker does not know what became of the request: the journal of the callee says it. */
      readonly isUnread?: boolean
    }
  }
  /** An asker no longer waits. */
  readonly cancel: {
    readonly type: 'cancel'
    readonly ask: string
    /** Why the ask has failed; left out if the asker no longer wants an answer. */
    readonly error?: ErrorData
  }
  /** The answer to an ask. It cannot be lost any more where it was given. */
  readonly reply: {
    readonly type: 'reply'
    readonly ask: string
    /** Who answers. */
    readonly source: Address
    readonly data: unknown
  }
  /** An ask has failed at its callee, or its callee refuses it. */
  readonly failure: {
    readonly type: 'failure'
    readonly ask: string
    readonly error: ErrorData
  }
  /** A party said an event, which is durable there: agents outside the parties may hear it. */
  readonly overheard: {
    readonly type: 'overheard'
    readonly envelope: Envelope
  }
  /** Sent by a runtime to a partition of its own, to know when everything before it has arrived. It is for no agent. */
  readonly mark: {
    readonly type: 'mark'
    readonly mark: number
  }
}
