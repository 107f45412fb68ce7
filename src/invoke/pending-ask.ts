import type { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Retry } from './ask-options.ts'
import type { Outcome } from './outside.ts'

/** Ends what is done for an ask that ended without an answer. */
export type Cancel = (cause: TroupeError) => void

/** One request on its way: who asks, who is asked, and what to call when it ends. */
export abstract class PendingAsk {
  abstract readonly key: string
  abstract readonly type: string
  /** The address of the agent that asks; `outside` for a caller outside the agents. */
  abstract readonly from: Address
  /** The partition of the agent that asks; `undefined` for a caller outside the agents. */
  abstract readonly partition: Address | undefined
  abstract readonly to: Address
  abstract readonly deadline: number
  abstract readonly retry: Retry
  /** The ask on whose behalf this one is made. */
  abstract readonly parent: string | undefined
  /** The name that a caller outside the agents gave to it. */
  abstract readonly requestId: string | undefined
  /**
   * The keys of the asks on whose behalf an ask of another partition is made, the nearest first, if it came here as a message;
   * `undefined` for an ask that its asker has opened.
   */
  abstract readonly behalf: readonly string[] | undefined
  /** The callee's incarnation that took the request; `undefined` while the request waits in the mailbox. */
  takenBy: number | undefined
  /** Whether the reply is in a frame that is not durable yet: what happens to the callee now no longer matters. */
  answered = false

  // The table of asks sets what follows.

  /** Whether the ask has ended. */
  isOver = false
  /** Counted from 1: the larger, the younger. */
  order = 0
  /** When the ask was opened, in the runtime's elapsed milliseconds. */
  openedAt = 0
  /** How often the request was sent again. */
  retried = 0
  cancelTimer = nothing
  /** Cancels the next retry. */
  cancelRetry = nothing
  /** Functions that cancel the work that is done only for this ask. */
  dependents: Set<Cancel> | undefined

  /** Hands the request to the callee: at first, and for each retry. */
  abstract send(): void
  /** Called once, with the answer or the failure. */
  abstract settle(outcome: Outcome): void
  /** Called in place of `settle` when the asker no longer waits. */
  abstract cancelled(): void
}

export function nothing(): void {}
