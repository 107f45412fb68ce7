import type { Actor } from '../actor/actor.ts'
import { actorAt, machinesIn } from '../actor/inside.ts'
import { type AfterTimer, afterTimersOf, declaredDelayOf } from '../agent/after.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import type { Entry } from '../journal/frame.ts'
import type { Partition } from '../partition/partition.ts'
import type { AgentTimers } from './agent-timers.ts'
import type { SavedTimer } from './saved-timers.ts'

/**
 * The timers that an agent has after a migration, which are recorded as they are now. Where a state has another name, its `after`
 * has another id: one that was declared with the same delay takes its place, of several the one of the nearest state, and one that is
 * new begins now.
 */
export function migratedTimers(
  { ref, address: agent }: Actor,
  all: readonly SavedTimer[],
  { fired }: AgentStanding,
  partition: Partition,
): readonly SavedTimer[] {
  if (ref?.getSnapshot().status !== 'active') return []
  const wanted = afterTimersOf(ref.getSnapshot())
  const isAfter = ({ id }: SavedTimer) => declaredDelayOf(id) !== undefined
  const lost = all.filter(one => isAfter(one) && !wanted.some(({ id }) => id === one.id))
  const known = new Set([...all, ...fired.values()].map(({ id }) => id))
  const missing = wanted.filter(({ id }) => !known.has(id))
  const places = placesOf(missing, lost)
  const found = missing.flatMap(({ id, delay }): readonly SavedTimer[] => {
    const same = places.get(id)
    const named = { id, key: id, event: { type: id, data: undefined } }
    if (same) return [{ ...same, ...named }]
    return delay === undefined ? [] : [{ ...named, delay, whole: delay, origin: { correlationid: `${agent}/${id}` } }]
  })
  const entries: Entry[] = []
  for (const { id, key } of lost) entries.push({ kind: 'cancelled', seq: partition.nextSeq(), agent, id, key })
  for (const { id, delay, whole, event, origin } of found) {
    const when = delay === Number.POSITIVE_INFINITY ? {} : { at: partition.date() + delay, delay: whole }
    entries.push({ kind: 'timer', seq: partition.nextSeq(), agent, id, ...when, event, origin })
  }
  if (entries.length > 0) partition.append({ kind: 'recovery' }, entries)
  return [...all.filter(one => !lost.includes(one)), ...found]
}

/** The timer that takes the place of each missing timer, by the id of that. Timers with the longest common paths of states come first. */
function placesOf(missing: readonly AfterTimer[], lost: readonly SavedTimer[]): ReadonlyMap<string, SavedTimer> {
  const pairs = missing.flatMap(({ id }) =>
    lost.flatMap(timer =>
      declaredDelayOf(timer.id) === declaredDelayOf(id) ? { id, timer, near: inCommon(id, timer.id) } : [],
    ),
  )
  const places = new Map<string, SavedTimer>()
  const taken = new Set<SavedTimer>()
  for (const { id, timer } of pairs.toSorted((one, other) => other.near - one.near)) {
    if (places.has(id) || taken.has(timer)) continue
    places.set(id, timer)
    taken.add(timer)
  }
  return places
}

/** How many of their first segments two ids share. */
function inCommon(one: string, other: string): number {
  const [segments, others] = [one.split('.'), other.split('.')]
  const end = segments.findIndex((segment, place) => segment !== others[place])
  return end < 0 ? segments.length : end
}

/** Begins those `after` of machines inside a migrated agent for which the journal has no timer. */
export function beginInside({ ref }: Actor, known: AgentStanding, timers: AgentTimers): void {
  if (!ref) return
  const left = [...known.timers.values(), ...known.fired.values()]
  for (const [path, snapshot] of machinesIn(ref)) {
    const place = path.join('/')
    const machine = actorAt(ref, path)
    for (const { id, delay } of afterTimersOf(snapshot)) {
      const isKnown = left.some(one => one.id === id && one.inside?.source.join('/') === place)
      if (machine && !isKnown && delay !== undefined) timers.schedule(machine, machine, { type: id }, delay, id)
    }
  }
}
