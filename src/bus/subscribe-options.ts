import { TroupeError, textOf } from '../errors.ts'
import { checkPriority } from '../events/event.ts'
import { checkPattern, matcher } from '../events/pattern.ts'
import { checkName } from '../ids.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { isTaggedBy } from '../mail/tags.ts'
import type { OptionNames } from '../options.ts'
import type { Who } from './subscriber.ts'

/** Which events a subscriber gets, and how. */
export interface SubscribeOptions<E extends Envelope = Envelope> {
  /** Names the subscriber, in errors and in `bus.subscriptions`; several subscriptions may share it. */
  readonly name?: string
  /** Only events of this party. */
  readonly party?: string
  /** Only events that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Only events for which this is true. */
  readonly filter?: (envelope: E) => boolean
  /** The order of subscribers: 1 gets an event first, 10 last; 5 by default. Equals follow the order of subscribing. */
  readonly priority?: number
  /** Events that may wait while it is busy or paused; 1,000 by default (S4). Above that it misses the oldest of the least urgent. */
  readonly limit?: number
  /** Milliseconds after which a call that returned a promise has failed; 60,000 by default. */
  readonly timeout?: number
  /** Called with the number of missed events, in the place where they would have come. */
  readonly onMissed?: (count: number) => void
  /** Ends the subscription. */
  readonly signal?: AbortSignal
  /**
   * Keeps its position under this name: it gets every journalled event, an event on which it failed once more, and continues at
   * its position when it subscribes again.
   */
  readonly durable?: string
  /** Where a durable subscription begins the first time: `now` (the default), or the `start` of every journal. */
  readonly from?: 'now' | 'start'
}

/** The options of a loop. It has no time limit. */
export const streamNames: OptionNames<Omit<SubscribeOptions, 'timeout' | 'durable' | 'from'>> = {
  name: true,
  party: true,
  tags: true,
  filter: true,
  priority: true,
  limit: true,
  onMissed: true,
  signal: true,
}
export const subscribeNames: OptionNames<SubscribeOptions> = {
  ...streamNames,
  timeout: true,
  durable: true,
  from: true,
}

/** The options of a subscription, checked and with all defaults filled in. */
export interface SubscriptionRules extends Who {
  readonly party: string | undefined
  readonly priority: number
  readonly limit: number
  readonly onMissed: ((count: number) => void) | undefined
  /** Whether an event has one of its types and its party. */
  covers(envelope: Envelope): boolean
  /** Whether an event passes its tags and its filter, if it has any; may throw. */
  readonly choose: ((envelope: Envelope) => boolean) | undefined
}

/** The address of dead letters that a subscriber did not get. */
export function addressOfSubscriber(name: string): Address {
  return `subscriber/${name}`
}

/** @throws IllegalIdError, IllegalPatternError, PriorityError, SubscribeOptionsError */
export function rulesOf(types: readonly string[], options: SubscribeOptions, newName: () => string): SubscriptionRules {
  const { durable, name = durable ?? newName(), party, priority = 5, onMissed } = options
  const { timeout = 60_000, limit = 1_000 } = options
  checkName('subscriber', name)
  checkPriority(priority)
  checkLimits(limit, timeout)
  const patterns = Object.freeze(types.map(checkPattern))
  const matchers = patterns.map(matcher)
  const covers = (envelope: Envelope) =>
    (party === undefined || envelope.party === party) && matchers.some(matches => matches(envelope.type))
  return { name, types: patterns, party, priority, timeout, limit, onMissed, covers, choose: choosing(options) }
}

function choosing({ tags, filter }: SubscribeOptions): ((envelope: Envelope) => boolean) | undefined {
  if (tags === undefined) return filter
  const isTagged = isTaggedBy(tags)
  return filter ? envelope => isTagged(envelope) && filter(envelope) : isTagged
}

function checkLimits(limit: number, timeout: number): void {
  if (!Number.isInteger(limit) || limit < 1)
    throw new SubscribeOptionsError('limit', limit, 'a whole number of events from 1')
  if (!(timeout > 0)) throw new SubscribeOptionsError('timeout', timeout, 'milliseconds above 0')
}

/** The filter of a subscriber threw, so the subscriber did not get the event. */
export class FilterError extends TroupeError {
  readonly code = 'FILTER_FAILED'
  readonly subscriber: string
  readonly envelope: Envelope
  constructor({ name }: Who, envelope: Envelope, cause: unknown) {
    super(
      `The filter of subscriber ${name} failed on "${envelope.type}": ${textOf(cause)}. It did not get the event; the other subscribers did.`,
      { cause },
    )
    this.subscriber = name
    this.envelope = envelope
  }
}

/** An option of a subscription is not allowed. */
export class SubscribeOptionsError extends TroupeError {
  readonly code = 'SUBSCRIBE_OPTIONS'
  readonly option: string
  readonly value: unknown
  constructor(option: string, value: unknown, wanted: string) {
    super(`"${option}" of a subscription cannot be ${String(value)}: use ${wanted}.`)
    this.option = option
    this.value = value
  }
}
