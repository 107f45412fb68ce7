import type { Inside } from '../actor/inside.ts'
import type { EventOf } from '../events/event.ts'
import type { Refusal } from '../events/refusal.ts'
import type { Address } from '../mail/address.ts'
import type { DeadReason } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { ErrorWords } from '../thrown.ts'
import type { PlannedSchedule } from '../time/schedule.ts'

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
      /** What a failed step threw: its message, its code and where that was; older frames have the message alone. */
      readonly error?: string
      readonly code?: string
      readonly stack?: string
      /** The id of the event that led to a failure, where what was handled is no event. */
      readonly on?: string
      /** What it shares with all that one first event led to; left out, like `on`, where an event was handled. */
      readonly correlation?: string
    }
  /** Somebody outside published, asked or sent. */
  | { readonly kind: 'outside' }
  /** Work reported progress, failed for now or ended, or a timer fired. */
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
      /** Milliseconds; left out for one that waits for ever, which JSON has no number for. */
      readonly deadline?: number
      /** Where several are asked. */
      readonly callees?: readonly Address[]
    }
  | { readonly kind: 'asked'; readonly envelope: Envelope }
  /** A dead letter is on its way to its agent again; it changes the state no second time. */
  | { readonly kind: 'redriven'; readonly envelope: Envelope }
  | { readonly kind: 'reply'; readonly seq: number; readonly key: string; readonly data: unknown }
  /** The callee answered that it cannot do what it was asked. */
  | { readonly kind: 'refusal'; readonly seq: number; readonly key: string; readonly refusal: Refusal }
  | { readonly kind: 'effect'; readonly seq: number; readonly key: string; readonly name: string }
  | { readonly kind: 'child'; readonly seq: number; readonly key: string; readonly name: string }
  /** An agent wants work of another kind, which `work` names; `name` is what people know this piece of work by. */
  | {
      readonly kind: 'wanted'
      readonly seq: number
      readonly key: string
      readonly work: string
      readonly name: string
    }
  /** Work reported how far it has come, before its outcome. */
  | { readonly kind: 'progressed'; readonly seq: number; readonly key: string; readonly data: unknown }
  | {
      readonly kind: 'outcome'
      readonly seq: number
      readonly key: string
      readonly ok: boolean
      readonly value: unknown
    }
  /** The agent left the state that wanted this work: its outcome is not needed any more. */
  | { readonly kind: 'dropped'; readonly seq: number; readonly key: string }
  /** An attempt of some work failed: the next attempt begins after so many milliseconds. */
  | {
      readonly kind: 'tried'
      readonly seq: number
      readonly key: string
      readonly attempt: number
      readonly code: string
      readonly error: string
      readonly wait: number
    }
  /** An attempt failed, or nobody knows whether the last owner has done the work: it is done again, under the same key. */
  | { readonly kind: 'retried'; readonly seq: number; readonly key: string; readonly attempt: number }
  /** Nobody knows whether the last owner has done the work: a person has to say how it ended, or that it is done again. */
  | { readonly kind: 'held'; readonly seq: number; readonly key: string; readonly attempt: number }
  | {
      readonly kind: 'timer'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      /** Tells it from others of the same id; left out where it is the id. */
      readonly key?: string
      /** Where it was set and who gets its event, if a machine inside the agent set it or is to get it. */
      readonly inside?: Inside
      /** Epoch milliseconds; left out, like `delay`, for a timer that never fires. */
      readonly at?: number
      readonly delay?: number
      readonly event: EventOf
      /** Of its event's schema; left out for 1. */
      readonly version?: number
      /** The agent that it is for, if it is for another one. */
      readonly to?: Address
      /** What led to it. */
      readonly origin: Origin
    }
  | {
      readonly kind: 'cancelled'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      readonly key?: string
      /** Whether a machine inside the agent took it back. */
      readonly isInside?: true
    }
  | {
      readonly kind: 'fired'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      readonly key?: string
      /** Whether a machine inside the agent has handled it, in this frame. */
      readonly isInside?: true
      readonly type: string
    }
  | { readonly kind: 'internal'; readonly seq: number; readonly agent: Address; readonly type: string }
  /** Machines inside the agent handled a position: a timer, how outside work ended, or a step of the agent that sent them something. */
  | { readonly kind: 'inside'; readonly seq: number; readonly agent: Address; readonly handled: number }
  /** Which machine agents have, and what it hears, from here on. */
  | {
      readonly kind: 'definition'
      readonly seq: number
      /** `<name>@<version>#<hash>` */
      readonly definition: string
      readonly hears: readonly string[]
    }
  | {
      readonly kind: 'agent'
      readonly seq: number
      readonly agent: Address
      readonly incarnation: number
      readonly what: AgentChange
      /** What it is, and under whom, where that becomes known. */
      readonly definition?: string
      readonly under?: string
      /** What its incarnations begin with, where that is not its definition's to say. */
      readonly input?: unknown
      /** Why it stopped. */
      readonly reason?: GoneReason
      /** What came out of one that was done. */
      readonly output?: unknown
    }
  | {
      readonly kind: 'dead'
      readonly seq: number
      readonly id: string
      readonly to: Address
      readonly reason: DeadReason
      /** How often it was handed over, or tried to be. */
      readonly attempts: number
      readonly envelope: Envelope
      /** What was thrown, where the cause of the frame does not say it. */
      readonly error?: ErrorWords
    }
  /** An event is to be said at certain times. */
  | {
      readonly kind: 'scheduled'
      readonly seq: number
      readonly name: string
      readonly plan: PlannedSchedule
      readonly event: EventOf
      /** Of its event's schema; left out for 1. */
      readonly version?: number
      /** Epoch milliseconds. */
      readonly startedAt: number
    }
  /** One of those times has come; the event is in the same frame. */
  | {
      readonly kind: 'occurred'
      readonly seq: number
      readonly name: string
      readonly at: number
      /** Whether it was the last one: the schedule is over. */
      readonly over?: true
    }
  | {
      readonly kind: 'unscheduled'
      readonly seq: number
      readonly name: string
      /** Whether its last time has passed; left out for one that somebody removed, which is forgotten. */
      readonly over?: true
    }
  /** A party was deleted: agents outside the parties have heard nothing of the next one of its id. */
  | {
      readonly kind: 'forgotten'
      readonly seq: number
      /** The id of a party, or the address of a partition of another kind. */
      readonly party: string
    }
  /** A dead letter was forgotten. */
  | { readonly kind: 'purged'; readonly seq: number; readonly id: string; readonly to: Address }
  /** A new owner goes on from here; the time between the frame before and this one was nobody's. */
  | {
      readonly kind: 'recovered'
      readonly seq: number
      /** Until when the last owner was there, epoch milliseconds, as far as the journal knows; older frames do not say. */
      readonly since?: number
      /** Whether it was imported: what it had said was for those outside the parties where it came from. */
      readonly arrived?: true
    }
  /** The owner of the whole journal ends in order: until here it was there. */
  | { readonly kind: 'left'; readonly seq: number }
  /** The process ended while the agent was being handed it. */
  | { readonly kind: 'suspected'; readonly seq: number; readonly agent: Address; readonly at: number }
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
  | {
      readonly kind: 'coalesced'
      readonly seq: number
      readonly id: string
      readonly to: Address
      /** Its position. */
      readonly at: number
    }
  /** The supervisor above all others gave up: every agent has ended, and its mail waits for the next start. */
  | {
      readonly kind: 'escalated'
      readonly seq: number
      /** The agent that would have restarted too often, how often within how many milliseconds, and of what it failed. */
      readonly agent: Address
      readonly restarts: number
      readonly within: number
      readonly error: string
      /** Of that error; older frames have neither. */
      readonly code?: string
      readonly stack?: string
    }
  | {
      readonly kind: 'party'
      readonly seq: number
      readonly what: 'created' | 'started' | 'failed' | 'retried'
      /** What a new party is to begin with. */
      readonly inputs?: readonly FirstInput[]
      /** What is said about a new party, if anything is. */
      readonly metadata?: PartyMetadata
    }

/** An entry that says that an agent wants work, of whichever kind. */
export type WantedEntry = Extract<Entry, { readonly kind: 'ask' | 'effect' | 'child' | 'wanted' }>

/** Whether an entry says that an agent wants work. */
export function isWanted(entry: Entry): entry is WantedEntry {
  const { kind } = entry
  return kind === 'ask' || kind === 'effect' || kind === 'child' || kind === 'wanted'
}

/** What an application says about a party when it creates it, such as who it is for: JSON values by name. */
export type PartyMetadata = Readonly<Record<string, unknown>>

/** An event that a new party is to begin with, and the version of its schema, 1 if left out. */
export interface FirstInput extends EventOf {
  readonly version?: number
}

/** What happened to an agent: mail waits for it, an incarnation starts, it is there no more, or its machine is another one. */
export type AgentChange = 'declared' | 'starting' | 'stopped' | 'restarting' | 'migrated'

/** Why an agent is there no more. */
export type GoneReason = 'stopped' | 'done' | 'failed' | 'escalated'

/** What one step, one publish or one outcome wrote: appended whole or not at all. */
export interface Frame {
  readonly partition: Address
  /** Its own place in the partition, after those of all its entries. */
  readonly position: number
  /** Epoch milliseconds; never smaller than that of the frame before. */
  readonly time: number
  /** Left out where the clock shows `time`, and has not jumped since the frame before. */
  readonly clock?: ClockReading
  readonly cause: Cause
  readonly entries: readonly Entry[]
}

/** What the clock of a process showed when a frame was appended. */
export interface ClockReading {
  /** Epoch milliseconds. */
  readonly date: number
  /** How much further it went than what has passed, in milliseconds, since the frame before; less than 0 where it was set back. */
  readonly jumped: number
}

/** The date of a frame by the clock of its process, which may be behind its time. */
export function dateOf({ time, clock }: Pick<Frame, 'time' | 'clock'>): number {
  return clock ? clock.date : time
}
