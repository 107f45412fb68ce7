import type { Inside } from '../actor/inside.ts'
import type { EventOf } from '../events/event.ts'
import type { Refusal } from '../events/refusal.ts'
import type { Address } from '../mail/address.ts'
import type { DeadReason } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { ErrorWords } from '../thrown.ts'
import type { PlannedSchedule } from '../time/schedule.ts'

/** Why a frame was written. */
export type Cause =
  | {
      readonly kind: 'step'
      readonly agent: Address
      readonly incarnation: number
      /** The position that was handled; for a start, the position of its own entry. */
      readonly handled: number
      readonly type: string
      readonly outcome: 'handled' | 'ignored' | 'failed'
      /** What a failed step threw: the message, the code and the stack. Older frames have only the message. */
      readonly error?: string
      readonly code?: string
      readonly stack?: string
      /** The id of the event that led to a failure, if the handled position is not an event. */
      readonly on?: string
      /** The correlation id; left out, like `on`, if an event was handled. */
      readonly correlation?: string
    }
  /** A caller outside the agents published, asked or sent. */
  | { readonly kind: 'outside' }
  /** Work reported progress, ended, or failed and is tried again; or a timer fired. */
  | { readonly kind: 'outcome' }
  /** The partition itself: it was created, or agents were stopped or restarted, or their supervisor gave up. */
  | { readonly kind: 'supervision' }
  /** A new owner goes on where the last owner ended. */
  | { readonly kind: 'recovery' }

/** One thing that happened; `seq` is its position in the partition. */
export type Entry =
  | {
      readonly kind: 'event'
      readonly envelope: Envelope
      /** For an event of a party that agents outside the parties hear: its position in that party. */
      readonly heard?: number
    }
  | {
      readonly kind: 'ask'
      readonly seq: number
      readonly key: string
      readonly type: string
      readonly to: Address
      /** Milliseconds; left out if it waits for ever, because JSON has no infinity. */
      readonly deadline?: number
      /** The callees, if several are asked. */
      readonly callees?: readonly Address[]
    }
  | { readonly kind: 'asked'; readonly envelope: Envelope }
  /** A dead letter is sent to its agent again. It does not change the state a second time. */
  | { readonly kind: 'redriven'; readonly envelope: Envelope }
  | { readonly kind: 'reply'; readonly seq: number; readonly key: string; readonly data: unknown }
  /** The callee refused the request. */
  | { readonly kind: 'refusal'; readonly seq: number; readonly key: string; readonly refusal: Refusal }
  | { readonly kind: 'effect'; readonly seq: number; readonly key: string; readonly name: string }
  | { readonly kind: 'child'; readonly seq: number; readonly key: string; readonly name: string }
  /** An agent wants work of another kind, which `work` names; `name` is a name for people. */
  | {
      readonly kind: 'wanted'
      readonly seq: number
      readonly key: string
      readonly work: string
      readonly name: string
    }
  /** Work reported progress, before its outcome. */
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
  /** An attempt of a piece of work failed. The next attempt begins after `delay` milliseconds. */
  | {
      readonly kind: 'tried'
      readonly seq: number
      readonly key: string
      readonly attempt: number
      readonly code: string
      readonly error: string
      readonly wait: number
    }
  /** The work is done again under the same key: an attempt failed, or it is unknown whether the last owner did it. */
  | { readonly kind: 'retried'; readonly seq: number; readonly key: string; readonly attempt: number }
  /** It is unknown whether the last owner did the work: a person must decide how it ended, or that it is done again. */
  | { readonly kind: 'held'; readonly seq: number; readonly key: string; readonly attempt: number }
  | {
      readonly kind: 'timer'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      /** Distinguishes timers of the same id; left out if it equals the id. */
      readonly key?: string
      /** Which machine inside the agent set it, and which gets its event; left out for the agent's own machine. */
      readonly inside?: Inside
      /** Epoch milliseconds; left out, like `delay`, for a timer that never fires. */
      readonly at?: number
      readonly delay?: number
      readonly event: EventOf
      /** The version of its event's schema; left out for 1. */
      readonly version?: number
      /** The receiver of its event, if that is another agent. */
      readonly to?: Address
      /** The event that led to it, and its correlation id. */
      readonly origin: Origin
    }
  | {
      readonly kind: 'cancelled'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      readonly key?: string
      /** Whether a machine inside the agent cancelled it. */
      readonly isInside?: true
    }
  | {
      readonly kind: 'fired'
      readonly seq: number
      readonly agent: Address
      readonly id: string
      readonly key?: string
      /** Whether a machine inside the agent handled it in this frame. */
      readonly isInside?: true
      readonly type: string
    }
  | { readonly kind: 'internal'; readonly seq: number; readonly agent: Address; readonly type: string }
  /** Machines inside the agent handled a position: a timer, an outcome, or a step in which the agent sent them an event. */
  | { readonly kind: 'inside'; readonly seq: number; readonly agent: Address; readonly handled: number }
  /** From here on, agents have this definition, which hears these types. */
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
      /** Its definition and its supervisor, in the entry that introduces it. */
      readonly definition?: string
      readonly under?: string
      /** The input of its incarnations, if it is not the input of its definition. */
      readonly input?: unknown
      /** Why it stopped. */
      readonly reason?: GoneReason
      /** The output, if it is done. */
      readonly output?: unknown
    }
  | {
      readonly kind: 'dead'
      readonly seq: number
      readonly id: string
      readonly to: Address
      readonly reason: DeadReason
      /** How many times delivery was attempted. */
      readonly attempts: number
      readonly envelope: Envelope
      /** The thrown error, if the cause of the frame does not have it. */
      readonly error?: ErrorWords
    }
  /** A schedule began: an event will be said at certain times. */
  | {
      readonly kind: 'scheduled'
      readonly seq: number
      readonly name: string
      readonly plan: PlannedSchedule
      readonly event: EventOf
      /** The version of its event's schema; left out for 1. */
      readonly version?: number
      /** Epoch milliseconds. */
      readonly startedAt: number
    }
  /** A schedule said its event, which is in the same frame. */
  | {
      readonly kind: 'occurred'
      readonly seq: number
      readonly name: string
      readonly at: number
      /** Whether this was the last time: the schedule is over. */
      readonly over?: true
    }
  | {
      readonly kind: 'unscheduled'
      readonly seq: number
      readonly name: string
      /** Whether its last time has passed; left out if it was removed, and so is forgotten. */
      readonly over?: true
    }
  /** A party was deleted. A later party with the same id is new to the agents outside the parties. */
  | {
      readonly kind: 'forgotten'
      readonly seq: number
      /** The id of a party, or the address of a partition of another kind. */
      readonly party: string
    }
  /** A dead letter was forgotten. */
  | { readonly kind: 'purged'; readonly seq: number; readonly id: string; readonly to: Address }
  /** A new owner goes on from here. Between the last frame and this one, there was no process. */
  | {
      readonly kind: 'recovered'
      readonly seq: number
      /** The last moment at which the last owner certainly ran, epoch milliseconds; older frames do not have it. */
      readonly since?: number
      /** Since which claim, where several runtimes have the journal. */
      readonly epoch?: number
      /** Whether it was imported: its earlier events were for the agents outside the parties of the runtime that it came from. */
      readonly arrived?: true
    }
  /** The owner of the whole journal ended in order: it ran until this moment. */
  | { readonly kind: 'left'; readonly seq: number }
  /** The process ended while this event was being handed to the agent. */
  | { readonly kind: 'suspected'; readonly seq: number; readonly agent: Address; readonly at: number }
  /** The agent crashed on this event, and the event went back to its place in the mailbox. */
  | {
      readonly kind: 'redelivered'
      readonly seq: number
      readonly id: string
      readonly to: Address
      readonly attempt: number
    }
  /** An event went through transformations. The `count` events after this entry were said in its place. */
  | {
      readonly kind: 'transformed'
      readonly seq: number
      readonly id: string
      readonly type: string
      readonly by: readonly string[]
      readonly into: number
    }
  /** A newer event with the same coalesce key replaced this event in the mailbox. */
  | {
      readonly kind: 'coalesced'
      readonly seq: number
      readonly id: string
      readonly to: Address
      /** The position of the replaced event. */
      readonly at: number
    }
  /** The root supervisor gave up: every agent has ended, and its mail waits for the next start. */
  | {
      readonly kind: 'escalated'
      readonly seq: number
      /** The agent that failed too often, the number of restarts, within how many milliseconds, and the last error. */
      readonly agent: Address
      readonly restarts: number
      readonly within: number
      readonly error: string
      /** Code and stack of that error; older frames have neither. */
      readonly code?: string
      readonly stack?: string
    }
  | {
      readonly kind: 'party'
      readonly seq: number
      readonly what: 'created' | 'started' | 'failed' | 'retried'
      /** The first inputs of a new party. */
      readonly inputs?: readonly FirstInput[]
      /** The metadata of a new party, if it has any. */
      readonly metadata?: PartyMetadata
    }

export type EntryOf<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>

/** An entry that says that an agent wants work, of any kind. */
export type WantedEntry = EntryOf<'ask' | 'effect' | 'child' | 'wanted'>

/** Whether an entry says that an agent wants work. */
export function isWanted(entry: Entry): entry is WantedEntry {
  const { kind } = entry
  return kind === 'ask' || kind === 'effect' || kind === 'child' || kind === 'wanted'
}

/** Facts about a party that an application gives when it creates the party, such as its customer: JSON values by name. */
export type PartyMetadata = Readonly<Record<string, unknown>>

/** A first input of a new party, and the version of its schema; 1 if left out. */
export interface FirstInput extends EventOf {
  readonly version?: number
}

/**
 * What happened to an agent: it was declared, so that mail waits for it; an incarnation starts or restarts; it stopped; or its
 * machine was migrated.
 */
export type AgentChange = 'declared' | 'starting' | 'stopped' | 'restarting' | 'migrated'

/** Why an agent is gone. */
export type GoneReason = 'stopped' | 'done' | 'failed' | 'escalated'

/** The record of one step, one publish or one outcome. It is appended completely or not at all. */
export interface Frame {
  readonly partition: Address
  /** A position of its own, after the positions of all its entries. */
  readonly position: number
  /** Epoch milliseconds; never smaller than the time of the frame before. */
  readonly time: number
  /** Left out if the clock shows `time`, and has not jumped since the frame before. */
  readonly clock?: ClockReading
  readonly cause: Cause
  readonly entries: readonly Entry[]
}

/** What the clock of a process showed when a frame was appended. */
export interface ClockReading {
  /** Epoch milliseconds. */
  readonly date: number
  /** The jump of the clock since the frame before, in milliseconds; negative if it was set back. */
  readonly jumped: number
}

/** The date of a frame by the clock of its process, which may be behind its time. */
export function dateOf({ time, clock }: Pick<Frame, 'time' | 'clock'>): number {
  return clock ? clock.date : time
}
