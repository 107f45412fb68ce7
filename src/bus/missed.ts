import { TroupeError } from '../errors.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { SubscriptionRules } from './subscribe-options.ts'
import { SubscriberError } from './subscriber.ts'

/** Reports the errors of a subscriber. */
interface MissedHost {
  warn(envelope: Envelope, error: unknown): void
}

/** Counts the events that a subscriber missed because too many waited, and calls its `onMissed`. */
export class Missed {
  readonly #rules: SubscriptionRules
  readonly #host: MissedHost
  /** All that the subscriber ever missed. */
  count = 0
  /** What it missed since the last call of `onMissed`. */
  unreported = 0

  constructor(rules: SubscriptionRules, host: MissedHost) {
    this.#rules = rules
    this.#host = host
  }

  /** @param envelope the event that found no room */
  add(envelope: Envelope): void {
    this.count++
    // The subscriber is warned of once until it has caught up, however many events it misses.
    if (this.unreported++ === 0) this.#host.warn(envelope, new SubscriberLagError(this.#rules))
  }

  /** Calls `onMissed`. @param next the event after the missed ones; without it, an error of `onMissed` is not reported */
  report(next: Envelope | undefined): void {
    const missed = this.unreported
    if (missed === 0) return
    this.unreported = 0
    const failed = (error: unknown) => {
      if (next) this.#host.warn(next, new SubscriberError(this.#rules, next, error))
    }
    try {
      const returned: unknown = this.#rules.onMissed?.(missed)
      if (returned instanceof Promise) returned.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

/** A subscriber is too slow, or paused for too long. */
export class SubscriberLagError extends TroupeError {
  readonly code = 'SUBSCRIBER_LAG'
  readonly subscriber: string
  readonly limit: number
  constructor({ name, types, limit }: SubscriptionRules) {
    super(
      `Subscriber ${name} to "${types.join('", "')}" misses events: more than ${limit} wait for it. Make it faster, or give it a higher limit, or a durable name: durable subscriptions miss nothing.`,
    )
    this.subscriber = name
    this.limit = limit
  }
}
