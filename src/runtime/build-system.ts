import { AsyncLocalStorage } from 'node:async_hooks'
import { MissedEvents } from '../actor/missed-events.ts'
import { Strays } from '../agent/strays.ts'
import { Bus } from '../bus/bus.ts'
import { queueOf } from '../bus/queue.ts'
import { RateLimits } from '../bus/rate-limits.ts'
import { systemClock, watched } from '../clock.ts'
import { systemError } from '../events/runtime-events.ts'
import { Transforms } from '../events/transform.ts'
import { Following } from '../following.ts'
import { createIds } from '../ids.ts'
import { AskTable } from '../invoke/ask-table.ts'
import { withChildren } from '../invoke/child.ts'
import type { Journal } from '../journal/journal.ts'
import { memoryJournal } from '../journal/memory.ts'
import { soleOwnership } from '../journal/ownership.ts'
import type { Kinds } from '../kinds/kinds.ts'
import { createLog, type Log } from '../log.ts'
import { runtimePartition, splitAddress } from '../mail/address.ts'
import { agingOf } from '../mail/aging.ts'
import { DeadLetters } from '../mail/dead-letters.ts'
import { keyIn } from '../mail/envelope.ts'
import { emptyTally } from '../mail/tally.ts'
import { Claims } from '../partition/claims.ts'
import { HeldEffects } from '../partition/held-effects.ts'
import type { Partition } from '../partition/partition.ts'
import { Partitions } from '../partition/partitions.ts'
import { Persistence } from '../partition/persistence.ts'
import { Snapshots } from '../partition/snapshots.ts'
import type { Callers, System, Time } from '../partition/system.ts'
import { DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import type { Schedules } from '../readers/schedules.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import { LoopTurns } from '../time/loop-turns.ts'
import { ReadyQueue } from '../time/ready-queue.ts'
import { systemScheduler } from '../time/scheduler.ts'
import { timersOf } from '../time/timers-of.ts'
import { Links } from '../transport/links.ts'
import { arrive } from '../work/arrivals.ts'
import { Handlers } from '../work/handlers.ts'
import { Cleanup } from './cleanup.ts'
import { type Definitions, definitionsOf } from './definitions.ts'
import { expire, isExpired } from './expiry.ts'
import type { OwnedPartitions } from './owned-partitions.ts'
import { isPulse, Pulse, type Summary } from './pulse.ts'
import type { RuntimeBus } from './runtime-bus.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import type { Shutdown } from './shutdown.ts'
import { RuntimeStatus } from './status.ts'
import { Warnings } from './warnings.ts'

/** The system, and what it is made of. */
export interface SystemParts extends Ground {
  readonly system: System<Partition>
  readonly pulse: Pulse
}

/** What is made of the system. The system calls it only once the runtime has started. */
export interface Later {
  readonly schedules: Schedules
  readonly parties: { list(): readonly unknown[] }
  readonly kinds: Kinds
  readonly bus: RuntimeBus
  readonly recovery: Recovery
  readonly owned: OwnedPartitions
  readonly shutdown: Shutdown
}

interface Ground {
  readonly definitions: Definitions
  readonly development: boolean
  readonly log: Log
  readonly claims: Claims
  readonly partitions: Partitions
  readonly links: Links | undefined
  readonly time: Time
  readonly journal: Journal
  readonly callers: Callers<Partition>
  readonly status: RuntimeStatus
  readonly warnings: Warnings
  readonly strays: Strays
  readonly cleanup: Cleanup
  readonly durable: DurableSubscriptions
  readonly handlers: Handlers
  readonly held: HeldEffects
}

type Options<S extends object, A extends AddedEvent, R extends RemovedEvent> = RuntimeOptions<S, A, R>

/** Makes what all partitions share. */
export function buildSystem<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: Options<S, A, R>,
  later: () => Later,
): SystemParts {
  const ground = groundOf(options, later)
  const { definitions, claims, partitions, links, time, journal, callers, status, strays, cleanup, handlers, held } =
    ground
  const { clock, scheduler, timers, aging } = time
  const { random = Math.random } = options
  const bus: Bus = busOf(options, ground, { changed: () => pulse.check(), stop: () => later().shutdown.begin() })
  const summary = () => summaryOf(later(), system)
  const pulse = new Pulse({ clock, bus, outside: () => partitions.outside, summary }, options.pulse)
  // Fields are named one by one, because V8 reads a large object slowly if it is built by spreads.
  const system: System<Partition> = {
    clock,
    scheduler,
    timers,
    ready: time.ready,
    loopTurns: time.loopTurns,
    aging,
    ids: options.ids ?? createIds(random),
    random,
    journal,
    claims,
    snapshots: snapshotsOf(options, ground, { later, system: () => system }),
    persistence: persistenceOf(options, ground),
    around: followingOf(options, ground),
    effects: options.effects,
    catalog: definitions.catalog,
    bus,
    transforms: new Transforms(options.transforms ?? []),
    rateLimits: new RateLimits(timers, () => clock.elapsed(), aging),
    tally: emptyTally(),
    deadLetters: new DeadLetters(clock, options.deadLetters),
    observers: undefined,
    overhear: overhearing(ground),
    heard: (partition, type, isHeard) => pulse.heard(partition, type, isHeard),
    mayExpire: (partition, actor) => cleanup.expect(partition, actor),
    asks: asksOf(ground),
    handlers,
    held,
    awaitingCallee: new Set(),
    scheduled: partition => later().schedules.in(partition),
    links,
    outside: () => partitions.outside,
    partition: address => partitions.at(address),
    partitions: () => partitions[Symbol.iterator](),
    isAnyAway: () => later().kinds.quarantined.all > 0,
    recovering: address => later().kinds.recovering(address),
    stepping: undefined,
    insideEffect: callers.insideEffect,
    replaying: callers.replaying,
    running: callers.running,
    population: 0,
    limits: { agents: 1_000_000, partyAgents: 1_000_000, ...options.limits },
    strays,
    missedEvents: new MissedEvents(),
    unsaid: new Set(),
    isRestless: false,
    stopping: status.stopping,
    isRunning: () => status.isRunning(),
    checkLive: () => status.checkLive(),
    checkRunning: () => status.checkRunning(),
  }
  system.rateLimits.switchTo(options.rateLimit ?? false)
  return { ...ground, system, pulse }
}

type Placing = Pick<RuntimeOptions, 'ownership' | 'transport' | 'random'>

/** Which partitions this runtime owns, which are here, and how messages reach them. */
function placesOf({ ownership = soleOwnership(), transport, random = Math.random }: Placing, later: () => Later) {
  const claims = new Claims(ownership, {
    claimed: partition => partitions.open(partition),
    lost: (partition, error) => later().owned.lost(partition, error),
  })
  const links = transport && new Links(transport, `outside/${random().toString(36).slice(2)}`)
  const partitions = new Partitions(
    links && {
      open: partition => links.open(partition.address, message => arrive(partition, links, message)),
      isOwned: partition => claims.isOwned(partition),
    },
  )
  // Answers to callers outside the agents of this runtime; another runtime may own the agents outside the parties.
  links?.open(links.own, message => arrive(partitions.outside, links, message))
  return { claims, links, partitions }
}

/** Delivers an event of a partition to the agents outside the parties. */
function overhearing({ links, partitions }: Ground): System['overhear'] {
  return envelope => {
    // An event that was meant for one agent is not for others.
    if (envelope.to !== undefined || keyIn(envelope) === undefined) return
    if (links) links.send(runtimePartition, { type: 'overheard', envelope }, () => {})
    else partitions.outside.hear(envelope)
  }
}

function asksOf({ time: { timers, clock }, cleanup }: Ground): AskTable {
  return new AskTable({
    timers,
    elapsed: () => clock.elapsed(),
    abandoned: ask => cleanup.abandoned(ask),
    requestIds: new Set(),
    observer: undefined,
    size: 0,
  })
}

function summaryOf({ parties, bus }: Later, { population: agents }: System<Partition>): Summary {
  return { parties: parties.list().length, agents, ...bus.metrics() }
}

function groundOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: Options<S, A, R>,
  later: () => Later,
): Ground {
  const definitions = definitionsOf(options)
  const { development = process.env['NODE_ENV'] !== 'production', journal = memoryJournal(), strict = false } = options
  const { claims, links, partitions } = placesOf(options, later)
  const warnings = new Warnings(partitions, strict)
  const time = timeOf(options, partitions)
  const callers = callersOf()
  const strays = new Strays({
    isLasting: journal.isLasting ?? false,
    isStrict: strict,
    warn: error => warnings.add(error),
  })
  strays.checkAgents(withChildren([...definitions.insiders, ...definitions.outsiders]))
  return {
    definitions,
    development,
    log: createLog(options.log, { development }),
    claims,
    partitions,
    links,
    time,
    journal,
    callers,
    status: new RuntimeStatus(callers),
    warnings,
    strays,
    cleanup: new Cleanup({ clock: time.clock, partition: address => partitions.at(address) }, options.cleanup),
    durable: new DurableSubscriptions(),
    handlers: new Handlers(),
    held: new HeldEffects(),
  }
}

function timeOf(options: Pick<RuntimeOptions, 'clock' | 'scheduler' | 'aging'>, partitions: Partitions): Time {
  const { clock: given = systemClock, scheduler = systemScheduler } = options
  const fault = (error: unknown) => partitions.outside.reportError('error', error)
  const clock = watched(given, () =>
    // Not in the middle of whatever has read the date.
    scheduler.microtask(() => {
      for (const partition of partitions) partition.frames.recordJump()
    }),
  )
  return {
    clock,
    scheduler,
    timers: timersOf(given, scheduler, fault),
    ready: new ReadyQueue(scheduler, fault),
    loopTurns: new LoopTurns(scheduler),
    aging: agingOf(options.aging),
  }
}

function callersOf(): Callers<Partition> {
  return {
    stepping: undefined,
    insideEffect: new AsyncLocalStorage(),
    replaying: new AsyncLocalStorage(),
    running: { effects: 0, hasReplayed: false },
  }
}

function busOf(
  options: Pick<RuntimeOptions, 'queue'>,
  { time, partitions, cleanup, log }: Ground,
  { changed, stop }: { changed(): void; stop(): Promise<void> },
): Bus {
  const { clock, scheduler, timers, aging } = time
  return new Bus({
    timers,
    scheduler,
    insideSubscriber: new AsyncLocalStorage(),
    aging,
    queue: queueOf(options.queue),
    isExpired: envelope => isExpired(envelope, partitions, clock),
    expired: (envelope, address) => expire(envelope, address, partitions),
    mayExpire: listener => cleanup.expectOf(listener),
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    isByName: isPulse,
    changed,
    failed: error => partitions.outside.reportError('warning', error),
    erred: ({ data }, isHeard) => {
      const error = systemError.schema.parse(data)
      log.report(error, isHeard)
      // Called as a microtask, so that it does not stop in the middle of a delivery to subscribers.
      if (error.severity === 'critical') scheduler.microtask(() => void stop())
    },
  })
}

function persistenceOf(
  { persist }: Pick<RuntimeOptions, 'persist'>,
  { definitions, time, partitions }: Ground,
): Persistence | undefined {
  if (!persist) return undefined
  return new Persistence(persist, definitions.changes, error =>
    // Not in the middle of a publish.
    time.scheduler.microtask(() => partitions.outside.reportError('warning', error)),
  )
}

function followingOf({ around = [] }: Pick<RuntimeOptions, 'around'>, { warnings }: Ground): Following | undefined {
  const all = 'begin' in around ? [around] : around
  return all.length === 0 ? undefined : new Following(all, error => warnings.add(error))
}

function snapshotsOf(
  options: Pick<RuntimeOptions, 'snapshots'>,
  { journal, partitions, links, durable }: Ground,
  { later, system }: { later(): Later; system(): System<Partition> },
): Snapshots {
  return new Snapshots(
    {
      journal,
      heard: () => later().recovery.heard(),
      mayAskAgain: key => mayAskAgain(key, partitions, later(), links !== undefined),
      pruning: (partition, upTo) => durable.pruning(partition, upTo, system()),
      fault: error => partitions.outside.reportError('error', error),
    },
    options.snapshots,
  )
}

/** Whether the asker may ask once more under this key, so that its answer has to be kept. */
function mayAskAgain(key: string, partitions: Partitions, { recovery, kinds }: Later, isApart: boolean): boolean {
  if (recovery.isUnderWay) return true
  const { partition: at } = splitAddress(key)
  if (kinds.isKept(at)) return true
  return partitions.at(at)?.asksElsewhere.mayBeRepeated(key) ?? isApart
}
