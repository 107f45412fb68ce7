import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import type { AgentStanding, TimerStanding } from '../journal/agent-standing.ts'
import type { Standing } from '../journal/standing.ts'
import type { Address } from '../mail/address.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { decoded } from '../values/json.ts'
import type { AgentTimers, InsideTimer } from './agent-timers.ts'
import { beginInside, migratedTimers, type TimerLeft } from './migrated-timers.ts'

/** An agent ended the process again and again with something of its own. */
export class DeadlyEventError extends TroupeError {
  readonly code = 'DEADLY_EVENT'
  readonly address: Address
  readonly type: string
  constructor(address: Address, type: string) {
    super(
      `"${address}" has ended the process ${deadly} times while it handled its "${type}". It begins anew without it.`,
    )
    this.address = address
    this.type = type
  }
}

/** An agent that comes back: which incarnation of it, and where its machine was. */
export interface Returned {
  readonly incarnation: number
  /** None for one that begins anew. */
  readonly snapshot: Snapshot<unknown> | undefined
  /** What its incarnations begin with. */
  readonly input: unknown
  /** Whether it was saved by another version of its machine. */
  readonly isMigrated: boolean
}

/** What is known of the agents of a partition that another owner has left. */
export interface Returning {
  /** Read again where agents come back later than the rest. */
  standing: Standing
  /** The definition of an agent, if the program has it. @throws why it cannot go on with it */
  agentOf(name: string): Agent | undefined
  /** The definition that an agent comes back with: an older one may be registered. @throws why it cannot go on */
  chosen(name: string, current: Agent): Agent
  /** An agent does not come back. @throws MachineUnknownError where that must not be */
  missing(name: string): void
  /** The names of agents and pools that are yet to come back and had mail, timers or outside work. */
  atWork(): ReadonlySet<string>
  /** Whether an agent is yet to come back. */
  has(name: string): boolean
  /** The names of those under a pool that are yet to come back. */
  under(pool: string): readonly string[]
  /** Whether an agent or a pool of this name is. */
  awaits(name: string): boolean
  /** Whether it was there no more. */
  isGone(name: string): boolean
  /** What led to the failure of an agent, if it has failed. */
  failedOn(name: string): Origin | undefined
  /** Where an agent was, once. @throws why it cannot be restored */
  take(actor: Actor): Returned | undefined
}

/** What killed the process so often is handed to nobody any more. */
const deadly = 2

/**
 * Hands an agent that has come back the mail, timers and outcomes that it had not handled.
 *
 * @param how `isMigrated`: whether it was saved by another version of its machine; `fail` lets it fail, because of something of
 *   this type
 */
export function settleIn(
  { name }: Actor,
  standing: Standing,
  partition: Partition,
  timers: AgentTimers,
  { isMigrated, fail }: { readonly isMigrated: boolean; readonly fail: (actor: Actor, type: string) => void },
): void {
  const actor = partition.registry.named(name)
  const known = standing.agents.get(name)
  if (!actor || !known) return
  for (const [seq, crashes] of known.crashes) actor.crashed(seq, crashes)
  for (const envelope of inOrder(known.mail.values())) deliver(actor, known, envelope, partition)
  const killer = killerOf(known)
  // Its timers and its work end with this incarnation.
  if (killer !== undefined) return actor.signal(() => fail(actor, killer))
  const own = timersOf(actor, known, standing, partition)
  const left = [
    ...(isMigrated ? migratedTimers(actor, own, known, partition) : own),
    ...insideTimersOf(actor, known, standing, partition),
  ].toSorted(byTime(known))
  for (const timer of left)
    if ('inside' in timer) timers.setInside(actor, timer)
    else timers.set(actor, timer, timer.origin)
  if (isMigrated) beginInside(actor, known, timers)
  for (const [seq, timer] of known.fired) {
    const { origin, inside } = timer
    const event = inside ? (decoded(timer.event) as EventOf) : liftedOf(timer, partition, actor.address)
    actor.signal(() => {
      if (inside) timers.handInside(actor, seq, { event, inside, origin })
      else partition.turns.hand(actor, { ...origin, seq, type: event.type }, () => actor.ref?.send(event))
    })
  }
}

/** Those whose time is over fire at once, and so they come in the order of their times, and of their setting for one time. */
function byTime({ timers }: AgentStanding) {
  const places = new Map([...timers.keys()].map((key, place) => [key, place]))
  const placeOf = (key: string) => places.get(key) ?? places.size
  return (one: TimerLeft | InsideTimer, other: TimerLeft | InsideTimer) =>
    one.delay - other.delay || placeOf(one.key) - placeOf(other.key)
}

/** The type of a timer or an outcome that the agent can only fail of, if there is one. */
function killerOf({ suspected, fired, works }: AgentStanding): string | undefined {
  for (const [seq, times] of suspected) {
    if (times < deadly) continue
    const timer = fired.get(seq)
    if (timer) return timer.event.type
    for (const { outcome } of works.values()) if (outcome?.seq === seq) return 'outcome'
  }
  return undefined
}

/** The timers that an agent is left with. */
function timersOf(
  { ref, address, agent }: Actor,
  { timers }: AgentStanding,
  standing: Standing,
  partition: Partition,
): readonly TimerLeft[] {
  if (ref?.getSnapshot().status !== 'active') return []
  return [...timers.values()].flatMap(timer =>
    timer.inside
      ? []
      : {
          ...timer,
          key: timer.key ?? timer.id,
          delay: left(timer, agent, standing, partition),
          whole: timer.delay ?? Number.POSITIVE_INFINITY,
          event: liftedOf(timer, partition, address),
        },
  )
}

/** The timers that the machines inside an agent are left with. */
function insideTimersOf(
  { agent }: Actor,
  { timers }: AgentStanding,
  standing: Standing,
  partition: Partition,
): readonly InsideTimer[] {
  return [...timers].flatMap(([key, timer]): readonly InsideTimer[] => {
    const { id, inside, origin, isSuperseded } = timer
    const event = decoded(timer.event) as EventOf
    if (!inside) return []
    return [{ id, key, inside, origin, isSuperseded, event, delay: left(timer, agent, standing, partition) }]
  })
}

/** The event of a timer in the version that is declared now; as it was, if there is no way to it, which is better than never. */
function liftedOf(timer: TimerStanding, partition: Partition, address: Address): EventOf {
  const { version = 1 } = timer
  // What a step had encoded.
  const event = decoded(timer.event) as EventOf
  const { catalog } = partition.system
  if (catalog.versionOf(event.type) === version) return event
  try {
    return { ...event, data: catalog.lifted({ ...event, version }).data }
  } catch (error) {
    partition.reportError('warning', error, address)
    return event
  }
}

/** Hands a pool's members what none of them had handled. */
export function settlePool(name: string, standing: Standing, { registry, delivery, system }: Partition): void {
  const pool = registry.pool(name)
  // One that is spawned later finds its mail then.
  if (!pool) return
  for (const envelope of inOrder(standing.pools.get(name)?.values() ?? [])) {
    const lifted = frozenEnvelope(system.catalog.lifted(envelope))
    const member = pool.route(lifted)
    if (member) delivery.deliverTo(member, lifted)
  }
  standing.pools.delete(name)
}

function deliver(actor: Actor, { suspected }: AgentStanding, envelope: Envelope, partition: Partition): void {
  const { system, delivery } = partition
  if ((suspected.get(envelope.seq) ?? 0) >= deadly) {
    system.tally.created++
    partition.lose(actor, envelope, 'quarantined')
  } else delivery.deliverTo(actor, frozenEnvelope(system.catalog.lifted(envelope)))
}

function inOrder(mail: Iterable<Envelope>): readonly Envelope[] {
  return [...mail].toSorted((one, other) => one.seq - other.seq)
}

/** Milliseconds until a timer fires that was set in another process. */
function left(
  { at, delay, away = 0 }: TimerStanding,
  { timers }: Agent,
  { date }: Standing,
  partition: Partition,
): number {
  // Older journals hold `null` here.
  if (typeof at !== 'number' || typeof delay !== 'number') return Number.POSITIVE_INFINITY
  if (timers === 'restart') return delay
  return timers === 'remaining' ? at + away - date : at - partition.date()
}
