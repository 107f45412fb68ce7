import type { Actor } from '../actor/actor.ts'
import type { NewTimer } from '../actor/step.ts'
import type { Agent } from '../agent/agent.ts'
import type { EventOf } from '../events/event.ts'
import type { AgentStanding, TimerStanding } from '../journal/fold/agent-standing.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Address } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { decoded } from '../values/json.ts'
import type { InsideTimer } from './agent-timers.ts'

/** A timer of an agent's own machine, as another process has saved it. */
export interface SavedTimer extends NewTimer {
  /** Its whole delay, of which `delay` is left. */
  readonly whole: number
  readonly origin: Origin
  readonly event: EventOf
}

/** The saved timers of an agent's own machine. */
export function savedTimers(
  { ref, address, agent }: Actor,
  { timers }: AgentStanding,
  standing: Standing,
  partition: Partition,
): readonly SavedTimer[] {
  if (ref?.getSnapshot().status !== 'active') return []
  return [...timers.values()].flatMap(timer =>
    timer.inside
      ? []
      : {
          ...timer,
          key: timer.key ?? timer.id,
          delay: timeLeft(timer, agent, standing, partition),
          whole: timer.delay ?? Number.POSITIVE_INFINITY,
          event: liftedOf(timer, partition, address),
        },
  )
}

/** The saved timers of the machines inside an agent. */
export function savedInsideTimers(
  { agent }: Actor,
  { timers }: AgentStanding,
  standing: Standing,
  partition: Partition,
): readonly InsideTimer[] {
  return [...timers].flatMap(([key, timer]): readonly InsideTimer[] => {
    const { id, inside, origin, isSuperseded } = timer
    if (!inside) return []
    const event = savedEvent(timer)
    return [{ id, key, inside, origin, isSuperseded, event, delay: timeLeft(timer, agent, standing, partition) }]
  })
}

/**
 * Orders timers by the time that they have left, and timers with equal time in the order in which they were set. Timers without
 * time left fire at once.
 */
export function byTime({ timers }: AgentStanding) {
  const places = new Map([...timers.keys()].map((key, place) => [key, place]))
  const placeOf = (key: string) => places.get(key) ?? places.size
  return (one: SavedTimer | InsideTimer, other: SavedTimer | InsideTimer) =>
    one.delay - other.delay || placeOf(one.key) - placeOf(other.key)
}

/** The event of a timer, as it was when the timer was set: the journal has encoded it. */
export function savedEvent({ event }: TimerStanding): EventOf {
  return decoded(event) as EventOf
}

/** The event of a timer in the version that is declared now. Without a way to this version it stays as it was, which is better than never. */
export function liftedOf(timer: TimerStanding, partition: Partition, address: Address): EventOf {
  const { version = 1 } = timer
  const event = savedEvent(timer)
  const { catalog } = partition.system
  if (catalog.versionOf(event.type) === version) return event
  try {
    return { ...event, data: catalog.lifted({ ...event, version }).data }
  } catch (error) {
    partition.reportError('warning', error, address)
    return event
  }
}

/** Milliseconds until a timer fires that was set in another process. */
function timeLeft(
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
