import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Mailbox, ReadBack } from '../mail/mailbox.ts'
import type { ReadyQueue } from '../time/ready-queue.ts'

/** What an actor calls in its partition. It is an interface because partitions, in a room above, are made of actors. */
export interface ActorHost<Actor> {
  readonly address: Address
  readonly ready: ReadyQueue
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  now(): number
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  /** Whether the time to live of an event is over, so that it must not be handed to an agent. */
  isExpired(envelope: Envelope): boolean
  /** A turn of an actor begins: until it is over, everything that happens is part of it. Returns the actor whose turn it interrupts. */
  enter(actor: Actor): Actor | undefined
  leave(outer: Actor | undefined): void
  /** Resolves when an event may be handed to an agent; `undefined` if it may be handed over now. */
  handable(envelope: Envelope): Promise<void> | undefined
  /** Makes the agent handle an event. */
  handle(actor: Actor, envelope: Envelope): void
  /** The agent is busy now, or takes other events than before. */
  becameBusy(actor: Actor): void
  /** Reads spilled events back into a mailbox. */
  readBack(mailbox: Mailbox, missing: ReadBack): Promise<void>
  /** Calls a function of the application. If it throws, that is reported and has no other effect. */
  guard(what: Address, call: () => unknown): void
  /** The actor has something to do. */
  working(): void
  /** The actor has nothing to do that it could do now. */
  resting(): void
  /** Reports an error of the runtime itself. */
  fault(error: unknown): void
}
