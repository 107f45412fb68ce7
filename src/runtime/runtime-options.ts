import type { Agent } from '../agent/agent.ts'
import type { Around } from '../around.ts'
import type { RateLimitOptions } from '../bus/rate-limits.ts'
import type { Clock } from '../clock.ts'
import type { Definition } from '../events/catalog.ts'
import type { PersistRule } from '../events/persist.ts'
import type { Transform } from '../events/transform.ts'
import type { Ids } from '../ids.ts'
import type { EffectFunction } from '../invoke/effect.ts'
import type { Journal } from '../journal/journal.ts'
import type { Ownership } from '../journal/ownership.ts'
import type { Logger } from '../log.ts'
import type { DeadLetterRules } from '../mail/dead-letters.ts'
import type { SnapshotOptions } from '../partition/snapshots.ts'
import type { Limits } from '../partition/system.ts'
import type { AddedEvent, PartyDefinition, RemovedEvent } from '../state/definition.ts'
import type { PartitionKind } from '../state/kind.ts'
import type { Supervised } from '../supervision/definition.ts'
import type { RestartIntensity } from '../supervision/restart-intensity.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { Transport } from '../transport/transport.ts'
import type { PulseOptions } from './pulse.ts'

/** What a runtime is made of; every option has a default. */
export interface RuntimeOptions<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  /** The kind of party that `parties.create` makes; without it there are only agents outside parties. */
  readonly party?: PartyDefinition<S, A, R>
  /** Kinds of partitions of your own, such as ledgers, which `runtime.partitions` opens. */
  readonly kinds?: readonly PartitionKind[]
  /** Agents outside all parties, alone or under supervisors, started with the runtime. */
  readonly agents?: readonly Supervised[]
  /**
   * Refuses topics that match nothing that is declared. On a journal that outlives the process, also refuses agents that invoke
   * work of XState, because a crash would repeat that work. By default both are warnings.
   */
  readonly strict?: boolean
  /**
   * Whether the program is still being written. Then a saved machine goes on in an edited machine where it still fits, with a
   * warning, and warnings that no subscriber receives are printed. True by default, unless `NODE_ENV` is `production`.
   */
  readonly development?: boolean
  /** Agents that are spawned while the runtime runs, and older versions of agents: saved agents are restored with these definitions. */
  readonly registered?: readonly Agent[]
  /** Events and requests that no agent lists, but that the application publishes or asks. */
  readonly events?: readonly Definition[]
  /** Where frames are kept; in memory by default. The runtime closes it when it stops. */
  readonly journal?: Journal
  /**
   * How partitions reach each other. By default they do by reference, in this process. With a transport, asks between partitions,
   * and what agents outside the parties hear of parties, are messages. The runtime closes it when it stops.
   */
  readonly transport?: Transport
  /**
   * Decides which partitions of the journal this runtime may write, where other runtimes have the same journal. By default this
   * runtime owns everything. The runtime closes it when it stops.
   */
  readonly ownership?: Ownership
  readonly clock?: Clock
  /** Decides when waiting work runs, and which agent has the next turn; the JavaScript engine's own queues by default. */
  readonly scheduler?: Scheduler
  /** Numbers from 0 up to but not including 1; `Math.random` by default. */
  readonly random?: () => number
  /**
   * Where operators read of errors: a logger with `info`, `warn` and `error` that takes fields and a message, as pino's does, or
   * `silent`. By default stderr gets one line for each error that no subscriber of `bus.errors` receives, for each party that is
   * quarantined, and, in development, for each warning that no subscriber receives.
   */
  readonly log?: Logger | 'silent'
  /** Follows publishes, steps, work, asks, handlers and appends from begin to end; nobody by default. */
  readonly around?: Around | readonly Around[]
  /**
   * For tests and demonstrations: gives the function that is called instead of the function of an effect with this name, or
   * `undefined` to leave it.
   */
  readonly effects?: (name: string) => EffectFunction<unknown, unknown> | undefined
  /** Where ids come from; a random prefix and a counter by default. */
  readonly ids?: Ids
  /** How often the agents of one supervisor may restart; 3 times in 5 seconds by default. */
  readonly intensity?: RestartIntensity
  /**
   * How often snapshots of partitions are taken, so that recovery has less to read, and how much of the journal is kept behind
   * them. By default every 100 frames and all of it where the journal outlives the process; otherwise every 10,000 frames and
   * 10,000 positions.
   */
  readonly snapshots?: SnapshotOptions
  /** How many dead letters are kept, and for how long; 1,000 and 7 days by default. */
  readonly deadLetters?: DeadLetterRules
  /**
   * Which events are journalled, where their definitions leave it open; all by default. What a rule leaves out is delivered at
   * most once. Events that change the state of a party are always journalled, and `persist: false` of a definition always holds.
   */
  readonly persist?: PersistRule
  /** Steps between publish and delivery, in order. */
  readonly transforms?: readonly Transform[]
  /** How much may be published from outside; `true` for 100 a second, 1,000 a minute, 10,000 an hour, 50 at once; no limit by default. */
  readonly rateLimit?: RateLimitOptions | boolean
  /**
   * Most agents at one time: in the whole runtime (`agents`), and in one party or outside the parties (`partyAgents`); 1,000,000
   * each.
   */
  readonly limits?: Partial<Limits>
  /** How often `system.tick` and `system.metrics` are published; every 100 ms, and every 60 ticks. */
  readonly pulse?: PulseOptions
  /**
   * How many events that subscribers published may wait for delivery to subscribers; 10,000 by default. More are refused with
   * `BUS_FULL`.
   */
  readonly queue?: number
  /**
   * Milliseconds of waiting that make an event, or a publisher that waits for room, more urgent by one; 1,000 by default, so that
   * nothing waits for ever behind what is more urgent. Infinity: nothing becomes more urgent.
   */
  readonly aging?: number
  /**
   * Milliseconds between two searches of the mailboxes for events whose time to live is over and requests whose asker no longer
   * waits. The runtime searches only while there may be such mail. 5 minutes by default.
   */
  readonly cleanup?: number
}
