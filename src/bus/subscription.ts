import type { Envelope } from '../mail/envelope.ts'
import type { SubscriptionRules } from './subscribe-options.ts'
import type { Subscriber, SubscriberHost } from './subscriber.ts'

/** A subscriber, as `bus.subscriptions` shows it. */
export interface SubscriptionInfo {
  readonly subscriber: string
  readonly types: readonly string[]
  readonly party: string | undefined
  readonly priority: number
  /** How many events it got. */
  readonly count: number
  /** How many of these calls failed. */
  readonly failed: number
  /** Events that it missed because too many waited for it. */
  readonly missed: number
  /** Events whose time to live was over before it could get them; they are dead letters to `subscriber/<name>`. */
  readonly expired: number
  /** Events that wait for it. */
  readonly waiting: number
  /** Milliseconds since the oldest waiting event was published. */
  readonly lag: number
  readonly paused: boolean
  /** Whether it keeps its position under a durable name. */
  readonly durable: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When the newest event that it got was published; `undefined` before the first event. */
  readonly lastEventAt: number | undefined
  /**
   * Milliseconds that a call takes, on average and the last time: all calls that return a promise, and some of the other calls.
   * `undefined` before the first measurement.
   */
  readonly averageMs: number | undefined
  readonly lastMs: number | undefined
}

/** A function that gets events until it is unsubscribed. */
export interface Subscription {
  readonly info: SubscriptionInfo
  /** Keeps events waiting until `resume`. */
  pause(): void
  /** Delivers what waits, and what comes. */
  resume(): void
  /**
   * Calls the subscriber with an event that was published before, ahead of the events that wait. Resolves with whether the call
   * went well; with `undefined` if the subscriber does not want the event or has ended.
   */
  again(envelope: Envelope): Promise<boolean | undefined>
  /** Ends the subscription. Events that wait for it are not delivered. */
  unsubscribe(): void
}

/** A subscription, as the bus sees it. */
export interface Listener {
  readonly rules: SubscriptionRules
  /** Whether the subscription has ended. */
  readonly isOver: boolean
  /** Whether no work is under way that `drained` should wait for. */
  readonly isResting: boolean
  readonly info: SubscriptionInfo
  /** @param at when the event was published, milliseconds since the bus began */
  hear(envelope: Envelope, at: number): void
  /** The same, and measures the call if it returns no promise. */
  hearMeasured(envelope: Envelope, at: number): void
  /** Called in place of `hear` for an event whose time to live was over before a subscriber could get it. */
  hearLate(envelope: Envelope): void
  /** Whether any event that waits for it has a time to live. */
  readonly mayExpire: boolean
  /** Removes waiting events whose time to live is over. */
  sweep(): void
  /** The bus closes: the subscription takes no more events. */
  finish(): void
}

/** What a subscription calls in the bus. It is an interface because the bus is made of subscriptions. */
export interface SubscriptionHost extends SubscriberHost {
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  /** Whether the time to live of an event is over. */
  isExpired(envelope: Envelope): boolean
  /** The time to live of an event was over before the subscriber could get it: it is a dead letter. */
  expired(envelope: Envelope, rules: SubscriptionRules): void
  /** An event with a time to live waits for a subscriber. */
  mayExpire(listener: Listener): void
  /** Runs a function as part of the work on an event. */
  during<T>(envelope: Envelope, call: () => T): T
  warn(envelope: Envelope, error: unknown): void
  /** A subscription has ended. */
  ended(listener: Listener): void
  /** A subscription has no work under way any more. */
  rested(): void
}

/** Calls a function when a signal is aborted; the returned function removes it. */
export function endedBy(signal: AbortSignal | undefined, end: () => void): () => void {
  signal?.addEventListener('abort', end, { once: true })
  return () => signal?.removeEventListener('abort', end)
}

type Progress = Pick<SubscriptionInfo, 'missed' | 'expired' | 'waiting' | 'lag' | 'paused' | 'durable' | 'createdAt'>

export function infoOf(
  { name, types, party, priority }: SubscriptionRules,
  subscriber: Subscriber,
  own: Progress,
): SubscriptionInfo {
  const { count, failed, lastEventAt, averageMs, lastMs } = subscriber
  return { subscriber: name, types, party, priority, count, failed, lastEventAt, averageMs, lastMs, ...own }
}
