import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Envelope } from './envelope.ts'

/**
 * What a full mailbox does with one more event:
 * - `backpressure` (the default) makes publishers outside the party wait; of what agents say it keeps the journal's
 *   positions, and reads the events back when there is room;
 * - `reject` refuses it: a publisher outside that addressed this agent alone gets `MailboxFullError`; otherwise it is a dead letter;
 * - `drop-newest` makes it a dead letter, and its sender gets no error;
 * - `drop-oldest` lets it in, and makes the oldest of the least urgent events a dead letter instead.
 */
export type Overflow = 'backpressure' | 'reject' | 'drop-newest' | 'drop-oldest'

/**
 * Gives the key of an event: of the waiting events of one type with the same key, only the newest is kept. An event that waits again
 * because its agent crashed on it stays.
 */
export type CoalesceKey = (event: EventOf) => string

/** Options of an agent's mailbox. */
export interface MailboxOptions {
  /** Events that may wait in memory, 1,000 by default. */
  readonly capacity?: number
  /** What a full mailbox does with one more event; `backpressure` by default. */
  readonly overflow?: Overflow
  /** By event type: the key by which a newer event replaces an older one that still waits. */
  readonly coalesce?: Readonly<Record<string, CoalesceKey>>
}

/** The options of a mailbox with all defaults filled in. */
export interface MailboxRules {
  readonly capacity: number
  readonly overflow: Overflow
  readonly coalesce: Readonly<Record<string, CoalesceKey>>
}

const mailboxNames: OptionNames<MailboxOptions> = { capacity: true, overflow: true, coalesce: true }

/** @throws UnknownOptionError; MailboxOptionsError if the capacity is no whole number above 0 */
export function mailboxRules(options: MailboxOptions = {}): MailboxRules {
  checkOptionNames('mailbox', options, mailboxNames)
  const { capacity = 1_000, overflow = 'backpressure', coalesce = {} } = options
  if (!Number.isInteger(capacity) || capacity < 1) throw new MailboxOptionsError(capacity)
  return { capacity, overflow, coalesce }
}

/** The key of an event that may replace an older one, with its type. Requests have none, because each needs an answer. */
export function coalesceKeyOf(envelope: Envelope, rules: MailboxRules): string | undefined {
  const coalesce = rules.coalesce[envelope.type]
  if (!coalesce || envelope.ask !== undefined) return undefined
  try {
    return `${envelope.type} ${coalesce(envelope)}`
  } catch {
    // The application's function threw. An event without a key is never replaced.
    return undefined
  }
}

/** The capacity of a mailbox is no whole number above 0. */
export class MailboxOptionsError extends TroupeError {
  readonly code = 'MAILBOX_OPTIONS'
  readonly capacity: number
  constructor(capacity: number) {
    super(`A mailbox cannot have the capacity ${capacity}: use a whole number from 1.`)
    this.capacity = capacity
  }
}
