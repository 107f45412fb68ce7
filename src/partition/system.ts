import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor } from '../actor/actor.ts'
import type { MissedEvents } from '../actor/missed-events.ts'
import type { Strays } from '../agent/strays.ts'
import type { Bus } from '../bus/bus.ts'
import type { RateLimits } from '../bus/rate-limits.ts'
import type { WatchedClock } from '../clock.ts'
import type { Catalog } from '../events/catalog.ts'
import type { Transforms } from '../events/transform.ts'
import type { Following } from '../following.ts'
import type { Ids } from '../ids.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { EffectFunction } from '../invoke/effect.ts'
import type { Handler } from '../invoke/handler.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Journal } from '../journal/journal.ts'
import type { Address } from '../mail/address.ts'
import type { DeadLetters } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { Tally } from '../mail/tally.ts'
import type { LoopTurns } from '../time/loop-turns.ts'
import type { ReadyQueue } from '../time/ready-queue.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { Timers } from '../time/timers.ts'
import type { Links } from '../transport/links.ts'
import type { Claims } from './claims.ts'
import type { HeldEffects } from './held-effects.ts'
import type { PartitionObserver } from './partition-observer.ts'
import type { Persistence } from './persistence.ts'
import type { Snapshots } from './snapshots.ts'

/**
 * What all partitions of a runtime share: one object that plays the roles below. A function takes only the role that it needs.
 * `P` is the type of a partition; `Partition` itself is built on this file.
 */
export interface System<P = unknown>
  extends Time,
    Chance,
    Storage,
    Traffic<P>,
    Work,
    Directory<P>,
    Reach,
    Callers<P>,
    Population,
    Warned,
    Followed,
    Status {}

/** When timers are due, and when waiting work runs. */
export interface Time {
  readonly clock: WatchedClock
  readonly scheduler: Scheduler
  readonly timers: Timers
  readonly ready: ReadyQueue
  readonly loopTurns: LoopTurns
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
}

/** Everything that is different in each run. */
export interface Chance {
  readonly ids: Ids
  /** A number from 0 up to but not including 1. */
  random(): number
}

/** The journal, and what is saved beside it. */
export interface Storage {
  readonly journal: Journal
  /** Which partitions of the journal this runtime may write. */
  readonly claims: Claims
  readonly snapshots: Snapshots
  /** The rule for events whose definitions do not say whether they are journalled. */
  readonly persistence: Persistence | undefined
}

/** Events: the catalogue, their receivers, and the counts of what happened to them. */
export interface Traffic<P> {
  catalog: Catalog
  readonly bus: Bus
  readonly transforms: Transforms
  readonly rateLimits: RateLimits
  readonly tally: Tally
  readonly deadLetters: DeadLetters
  /** Gets everything that happens in all partitions; `undefined` while there is no observer. */
  observers: PartitionObserver<P> | undefined
  /** Delivers an event of a party to the agents outside the parties. */
  overhear(envelope: Envelope): void
  /** Called when the first agent of a partition begins to hear a type, and when the last one stops. */
  heard(partition: P, type: string, isHeard: boolean): void
  /** Called when mail with an expiry time waits for an agent. */
  mayExpire(partition: P, actor: Actor): void
}

/** Work outside the agents: who answers asks, and what is not finished. */
export interface Work {
  readonly asks: AskTable
  readonly handlers: HandlerDirectory
  /** Effects that wait for a person to decide. */
  readonly held: HeldEffects
  /** Called when an agent or handler starts that others may wait for; with what the journal says of their requests, if it was recalled. */
  readonly awaitingCallee: Set<(requests?: SavedRequests) => void>
  /** The names of the schedules that run in a partition. */
  scheduled(partition: Address): Iterable<string>
}

/**
 * The partitions that this process has, for those who look after them: recovery, readers, inspection, shutdown. What agents send
 * from one partition to another is no reason to look here: see `Reach`.
 */
export interface Directory<P> {
  /** The partition outside the parties. */
  outside(): P
  partition(address: Address): P | undefined
  /** All that are here; the one outside the parties comes first. */
  partitions(): Iterable<P>
  /** Whether the journal holds partitions that are quarantined. */
  isAnyAway(): boolean
  /** For a partition that is being restored: resolves when it is restored, or cannot be. */
  recovering(address: Address): Promise<void> | undefined
}

/** How the agents of a partition reach those of another. */
export interface Reach {
  /** Where messages to other partitions are sent; undefined while partitions reach each other by reference. */
  readonly links: Links | undefined
}

/** Which code calls the runtime right now. */
export interface Callers<P> {
  /** The agent whose step is running, in whichever partition. */
  stepping: Actor | undefined
  /** The effect that is running, for the code that it calls. */
  readonly insideEffect: AsyncLocalStorage<RunningEffect<P>>
  /** The event that is being replayed, for the code that its handler calls. */
  readonly replaying: AsyncLocalStorage<Replaying>
  /** Says cheaply whether there is any need to ask the two above. */
  readonly running: { effects: number; hasReplayed: boolean }
}

/** How many agents there are, and how many there may be. */
export interface Population {
  population: number
  readonly limits: Limits
}

/** Who has been warned, so that each warning is given once. */
export interface Warned {
  readonly strays: Strays
  readonly missedEvents: MissedEvents
  /** Agents with the types that their actions returned instead of emitting them. */
  readonly unsaid: Set<string>
  /** Whether a long wait for `idle` was reported. */
  isRestless: boolean
}

/** What the application has put around its agents, or in the place of their effects. */
export interface Followed {
  /** Follows what happens, from begin to end. Undefined unless the runtime was made with `around`. */
  readonly around: Following | undefined
  /** The function that is called instead of the function of an effect with this name, if any is. */
  readonly effects: ((name: string) => EffectFunction<unknown, unknown> | undefined) | undefined
}

/** Whether the runtime takes work. */
export interface Status {
  /** Aborts when the runtime begins to stop. */
  readonly stopping: AbortSignal
  isRunning(): boolean
  /** @throws ReplayMutedError inside a replay */
  checkLive(): void
  /** @throws RuntimeStateError while the runtime takes no work, ReplayMutedError inside a replay */
  checkRunning(): void
}

/** Where handlers are found. */
export interface HandlerDirectory extends Iterable<Handler> {
  at(address: Address): Handler | undefined
  /** The oldest one that answers requests of a type. */
  answering(type: string): Handler | undefined
}

/** How many agents there may be at one time. */
export interface Limits {
  /** Most agents in the whole runtime; 1,000,000 by default. */
  readonly agents: number
  /** Most agents in one party, or outside the parties; 1,000,000 by default. */
  readonly partyAgents: number
}

/** An effect or a hook of an agent, while it runs. */
export interface RunningEffect<P> {
  readonly partition: P
  /** The event that caused it. */
  readonly origin?: Origin | undefined
  isOver: boolean
}

/** An event that is replayed. The code that its handler calls belongs to it too, also much later. */
export interface Replaying {
  /** How often that code wanted something of the runtime, which was refused. */
  muted: number
}
