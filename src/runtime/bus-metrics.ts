import type { MailboxFigures } from '../actor/inbox.ts'
import type { BusFigures } from '../bus/bus-figures.ts'
import type { TypeFigures } from '../bus/event-figures.ts'
import type { RateFigures } from '../bus/rate-limits.ts'
import type { TodayFigures } from '../bus/today.ts'
import type { TransformFigures } from '../events/transform.ts'
import type { Tally } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'

/** Figures of the bus since the runtime was made. */
export interface BusMetrics extends Readonly<Tally> {
  /** Events that wait in mailboxes. */
  readonly waiting: number
  /** How many of them only the journal holds. */
  readonly spilled: number
  /** Milliseconds that the oldest event in memory has waited. */
  readonly age: number
  /** The longest time, in milliseconds, that an agent has been busy without a break. */
  readonly busy: number
  readonly deadLetters: number
  /** Asks without an answer yet. */
  readonly pendingAsks: number
  /** Since midnight, UTC. */
  readonly today: TodayFigures
  /** Whether anything may be published. */
  readonly isRunning: boolean
  /** Figures of function subscribers. */
  readonly subscribers: BusFigures
  /** Figures of the transformations, by name. */
  readonly transforms: Readonly<Record<string, TransformFigures>>
  /** Figures of the limits on publishing from outside. */
  readonly rateLimits: RateFigures
  /** The figures of each event type that subscribers could get. */
  readonly types: Readonly<Record<string, TypeFigures>>
}

/** The figures as they are now. */
export function metricsOf(system: System<Partition>, partitions: readonly Partition[]): BusMetrics {
  const mailboxes = { waiting: 0, spilled: 0, age: 0, busy: 0 }
  for (const { registry } of partitions) for (const actor of registry) add(mailboxes, actor.figures)
  const { tally, bus, deadLetters, asks, rateLimits, transforms } = system
  return {
    ...tally,
    ...mailboxes,
    deadLetters: deadLetters.total,
    pendingAsks: asks.size,
    today: bus.today,
    isRunning: system.isRunning(),
    subscribers: bus.figures,
    rateLimits: rateLimits.figures,
    transforms: transforms.figures,
    types: bus.types,
  }
}

type Mailboxes = { -readonly [K in 'waiting' | 'spilled' | 'age' | 'busy']: BusMetrics[K] }

function add(mailboxes: Mailboxes, { depth, spilled, age, busy }: MailboxFigures): void {
  mailboxes.waiting += depth
  mailboxes.spilled += spilled
  mailboxes.age = Math.max(mailboxes.age, age)
  mailboxes.busy = Math.max(mailboxes.busy, busy)
}
