import type { AnyActorRef, AnyMachineSnapshot, EventObject } from 'xstate'
import type { EventOf } from '../events/event.ts'
import type { RefusalOf, ReplyOf } from '../events/request.ts'
import type { Passage } from '../events/transform.ts'
import type { Address } from '../mail/address.ts'
import type { Handled } from '../mail/handled.ts'
import type { Failure } from '../thrown.ts'
import type { Actor } from './actor.ts'

/** One thing that a step wants to happen, as data. Nothing of it happens before the step's frame is appended. */
export type Output =
  | { readonly kind: 'emit'; readonly event: EventOf; readonly passage?: Passage | undefined }
  | Answering
  | { readonly kind: 'send'; readonly event: EventOf; readonly to: Address }
  | {
      readonly kind: 'timer'
      readonly id: string
      readonly key: string
      readonly delay: number
      readonly event: EventOf
      /** The agent that gets the event, if it is another agent. */
      readonly to?: Address | undefined
      readonly perform: () => void
    }
  | { readonly kind: 'cancel'; readonly id: string; readonly perform: () => void }
  /** The agent no longer wants some outside work. */
  | { readonly kind: 'drop'; readonly key: string; readonly perform: () => void }
  /** Something inside the agent: an event for a child of its own, or a custom action of its initial state. */
  | { readonly kind: 'inside'; readonly perform: () => void }

/** The answer to a request: a reply or a refusal. */
export type Answering =
  | { readonly kind: 'reply'; readonly event: ReplyOf }
  | { readonly kind: 'refusal'; readonly event: RefusalOf }

/** One event handled by one agent, atomically. */
export interface Step {
  readonly actor: Actor
  readonly handled: Handled
  readonly outcome: 'handled' | 'ignored' | 'failed'
  readonly outputs: readonly Output[]
  readonly snapshot: AnyMachineSnapshot
  readonly failure?: Failure
}

/** What a step calls in its partition. It is an interface because partitions, in a room above, are made of actors. */
export interface StepHost {
  /** The agent that an XState actor is the incarnation of, also while that is being created. */
  actorOf(ref: AnyActorRef): Actor | undefined
  /** Gives a position to an event that was not announced; `false` if the event must not reach the agent. */
  admit(actor: Actor, event: EventObject): boolean
  /** Checks an event; an invalid event fails the step. */
  check(actor: Actor, event: EventObject): Answering | { readonly kind: 'emit'; readonly event: EventOf }
  /** Checks a new actor inside the agent; one that must not be there fails the step. */
  checkChild(actor: Actor, name: string, child: AnyActorRef): void
  /** What the runtime's transforms make of an event that an agent emits; a transform that throws fails the step. */
  passage(actor: Actor, event: EventOf): Passage | undefined
  /** The agent behind an XState ref, if it is one of this partition. */
  agentAt(ref: AnyActorRef): Actor | undefined
  /** Sets a timer that hands an event to the agent, or to another agent. */
  setTimer(actor: Actor, timer: NewTimer): void
  /** Appends the step as one frame. The returned function delivers its events; call it once the snapshot is in place. */
  commit(step: Step): () => void
  /** All outputs of the step have happened. Records what machines inside the agent want because of them. */
  released(step: Step): void
  /** An output threw after the frame of its step: the step stands, and the agent fails. */
  failedAfter(step: Step, error: unknown): void
  /** A custom action returned an event. The event is lost, because only `emit` says events. */
  unsaid(actor: Actor, handled: string, type: string): void
  /** A promise that a custom action returned has rejected, long after its step. */
  rejected(actor: Actor, incarnation: number, type: string, error: unknown): void
}

/** A timer that an agent sets in a step. */
export interface NewTimer {
  readonly id: string
  /** Distinguishes it from other timers with the same id. */
  readonly key: string
  /** Whether `cancel` with its id does not cancel it: a newer timer has the id, or a timer with that id has fired. */
  readonly isSuperseded?: boolean | undefined
  /** Milliseconds; `Infinity` for never. */
  readonly delay: number
  readonly event: EventObject
  readonly to?: Address | undefined
}
