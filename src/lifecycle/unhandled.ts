import type { Actor } from '../actor/actor.ts'
import { TroupeError } from '../errors.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Address } from '../mail/address.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { AgentTimers } from './agent-timers.ts'
import { beginInside, migratedTimers } from './migrated-timers.ts'
import { byTime, liftedOf, savedEvent, savedInsideTimers, savedTimers } from './saved-timers.ts'

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

/** An event that was being handled when the process ended this often is not delivered any more. */
const deadly = 2

/** How what an agent had not handled is delivered to it. */
interface Delivering {
  readonly timers: AgentTimers
  /** Whether it was saved by another version of its machine. */
  readonly isMigrated: boolean
  /** Lets the agent fail, with the type of the event that caused it. */
  fail(actor: Actor, type: string): void
}

/** Delivers to a restored agent the mail, timers and outcomes that it had not handled. */
export function deliverUnhandled(
  { name }: Actor,
  standing: Standing,
  partition: Partition,
  { timers, isMigrated, fail }: Delivering,
): void {
  const actor = partition.registry.named(name)
  const known = standing.agents.get(name)
  if (!actor || !known) return
  for (const [seq, crashes] of known.crashes) actor.crashes.set(seq, crashes)
  for (const envelope of inOrder(known.mail.values())) deliver(actor, known, envelope, partition)
  const killer = killerOf(known)
  // The timers and the work of the agent end with this incarnation.
  if (killer !== undefined) return actor.signal(() => fail(actor, killer))
  const own = savedTimers(actor, known, standing, partition)
  const left = [
    ...(isMigrated ? migratedTimers(actor, own, known, partition) : own),
    ...savedInsideTimers(actor, known, standing, partition),
  ].toSorted(byTime(known))
  for (const timer of left)
    if ('inside' in timer) timers.setInside(actor, timer)
    else timers.set(actor, timer, timer.origin)
  if (isMigrated) beginInside(actor, known, timers)
  deliverFired(actor, known, partition, timers)
}

/** Delivers the events of timers that had fired. */
function deliverFired(actor: Actor, { fired }: AgentStanding, partition: Partition, timers: AgentTimers): void {
  for (const [seq, timer] of fired) {
    const { origin, inside } = timer
    const event = inside ? savedEvent(timer) : liftedOf(timer, partition, actor.address)
    actor.signal(() => {
      if (inside) timers.handInside(actor, seq, { event, inside, origin })
      else partition.turns.hand(actor, { ...origin, seq, type: event.type }, () => actor.ref?.send(event))
    })
  }
}

/** Delivers to the members of a pool the events that no member had handled. */
export function deliverUnhandledOfPool(
  name: string,
  standing: Standing,
  { registry, delivery, system }: Partition,
): void {
  const pool = registry.pool(name)
  // A pool that is spawned later gets its mail then.
  if (!pool) return
  for (const envelope of inOrder(standing.pools.get(name)?.values() ?? [])) {
    const lifted = frozenEnvelope(system.catalog.lifted(envelope))
    const member = pool.route(lifted)
    if (member) delivery.deliverTo(member, lifted)
  }
  standing.pools.delete(name)
}

/** The type of a timer or an outcome that ended the process too often, if there is one. */
function killerOf({ suspected, fired, works }: AgentStanding): string | undefined {
  for (const [seq, times] of suspected) {
    if (times < deadly) continue
    const timer = fired.get(seq)
    if (timer) return timer.event.type
    for (const { outcome } of works.values()) if (outcome?.seq === seq) return 'outcome'
  }
  return undefined
}

function deliver(actor: Actor, { suspected }: AgentStanding, envelope: Envelope, partition: Partition): void {
  const { system, delivery } = partition
  if ((suspected.get(envelope.seq) ?? 0) >= deadly) {
    system.tally.created++
    partition.losses.lose(actor, envelope, 'quarantined')
  } else delivery.deliverTo(actor, frozenEnvelope(system.catalog.lifted(envelope)))
}

function inOrder(mail: Iterable<Envelope>): readonly Envelope[] {
  return [...mail].toSorted((one, other) => one.seq - other.seq)
}
