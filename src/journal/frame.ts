import type { Address } from '../actor/address.ts'
import type { DeadReason } from '../actor/dead-letters.ts'
import type { Envelope } from '../actor/envelope.ts'

/** What a frame is the record of. */
export type Cause =
  | {
      readonly kind: 'step'
      readonly agent: Address
      readonly incarnation: number
      /** The position that was handled; that of its own entry for a start. */
      readonly handled: number
      readonly type: string
      readonly outcome: 'handled' | 'ignored' | 'failed'
      readonly error?: string
    }
  /** Somebody outside published, asked or sent. */
  | { readonly kind: 'outside' }
  /** Outside work, a timer or a child ended. */
  | { readonly kind: 'outcome' }
  /** The partition itself: created, agents stopped, restarted, given up. */
  | { readonly kind: 'supervision' }
  /** A new owner goes on where the last one ended. */
  | { readonly kind: 'recovery' }

/** One thing that happened; `seq` is its position in the partition. */
export type Entry =
  | {
      readonly kind: 'event'
      readonly envelope: Envelope
      /** Its position in its own party, when agents outside the parties hear it. */
      readonly heard?: number
    }
  | {
      readonly kind: 'ask'
      readonly seq: number
      readonly key: string
      readonly type: string
      readonly to: Address
      readonly deadline: number
    }
  | { readonly kind: 'asked'; readonly envelope: Envelope }
  /** A dead letter is on its way to its agent again; it changes the state no second time. */
  | { readonly kind: 'redriven'; readonly envelope: Envelope }
  | { readonly kind: 'reply'; readonly seq: number; readonly key: string; readonly data: unknown }
  | { readonly kind: 'effect'; readonly seq: number; readonly key: string; readonly name: string }
  | { readonly kind: 'child'; readonly seq: number; readonly key: string; readonly name: string }
  | {
      readonly kind: 'outcome'
      readonly seq: number
      readonly key: string
      readonly ok: boolean
      readonly value: unknown
    }
  | { readonly kind: 'timer'; readonly seq: number; readonly agent: Address; readonly id: string; readonly at: number }
  | { readonly kind: 'cancelled'; readonly seq: number; readonly agent: Address; readonly id: string }
  | {
      readonly kind: 'fired'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      readonly type: string
    }
  | { readonly kind: 'internal'; readonly seq: number; readonly agent: Address; readonly type: string }
  | {
      readonly kind: 'agent'
      readonly seq: number
      readonly agent: Address
      readonly incarnation: number
      readonly what: AgentChange
    }
  | {
      readonly kind: 'dead'
      readonly seq: number
      readonly id: string
      readonly to: Address
      readonly reason: DeadReason
    }
  /** The agent crashed on it, and it went back to its place in the mailbox. */
  | {
      readonly kind: 'redelivered'
      readonly seq: number
      readonly id: string
      readonly to: Address
      readonly attempt: number
    }
  /** An event went through transformations, and was said as so many others instead, which come after this. */
  | {
      readonly kind: 'transformed'
      readonly seq: number
      readonly id: string
      readonly type: string
      readonly by: readonly string[]
      readonly into: number
    }
  /** A newer event with the same key took its place in the mailbox. */
  | { readonly kind: 'coalesced'; readonly seq: number; readonly id: string; readonly to: Address }
  | { readonly kind: 'party'; readonly seq: number; readonly what: 'created' | 'started' | 'failed' }

/** What supervision did with an agent. */
export type AgentChange = 'starting' | 'stopped' | 'restarting'

/** What one step, one publish or one outcome wrote: appended whole or not at all. */
export interface Frame {
  readonly partition: Address
  /** Its own place in the partition, after those of all its entries. */
  readonly position: number
  /** Epoch milliseconds; never smaller than that of the frame before. */
  readonly time: number
  readonly cause: Cause
  readonly entries: readonly Entry[]
}
