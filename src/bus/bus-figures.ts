import type { SubscriptionInfo } from './subscription.ts'

/** Figures of all subscribers, also of those that have ended. */
export interface BusFigures {
  readonly subscriptions: number
  /** How often subscribers were called. */
  readonly delivered: number
  /** How many of these calls failed. */
  readonly failed: number
  /** Events that slow subscribers missed. */
  readonly missed: number
  /** Events whose time to live was over before a subscriber could get them. */
  readonly expired: number
  /** Events that wait for subscribers that are busy or paused. */
  readonly queued: number
  /** Events that subscribers published and that no subscriber has got yet. */
  readonly undelivered: number
}

type Sum = { -readonly [K in keyof BusFigures]: BusFigures[K] }

/** Adds up the figures of subscribers. */
export class SubscriberFigures {
  readonly #ended: Sum = none()

  /** Keeps the figures of a subscription that has ended. */
  ended(info: SubscriptionInfo): void {
    addTo(this.#ended, info)
  }

  /** @param undelivered events that no subscriber has got yet */
  sum(present: Iterable<{ readonly info: SubscriptionInfo }>, undelivered: number): BusFigures {
    const sum = { ...this.#ended, undelivered }
    for (const { info } of present) {
      addTo(sum, info)
      sum.subscriptions++
      sum.queued += info.waiting
    }
    return sum
  }
}

function none(): Sum {
  return { subscriptions: 0, delivered: 0, failed: 0, missed: 0, expired: 0, queued: 0, undelivered: 0 }
}

function addTo(sum: Sum, { count, failed, missed, expired }: SubscriptionInfo): void {
  sum.delivered += count
  sum.failed += failed
  sum.missed += missed
  sum.expired += expired
}
