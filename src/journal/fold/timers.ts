import type { EntryOf } from '../frame.ts'
import type { AgentStanding, TimerStanding } from './agent-standing.ts'

/** Takes what an entry says of a timer of an agent, if the agent is there. */
export function takeTimer(
  agent: AgentStanding | undefined,
  entry: EntryOf<'timer' | 'cancelled' | 'fired'>,
  position: number,
): void {
  if (!agent) return
  if (entry.kind === 'timer') setTimer(agent, entry, position)
  else if (entry.kind === 'cancelled') cancelTimer(agent, entry, position)
  else fireTimer(agent, entry, position)
}

/** An agent sets a timer. */
function setTimer(agent: AgentStanding, entry: EntryOf<'timer'>, position: number): void {
  supersede(agent, entry.id, entry.inside)
  agent.timers.set(entry.key ?? entry.id, entry)
  if (entry.inside) agent.stepped = position
}

/** An agent takes back a timer. */
function cancelTimer(agent: AgentStanding, { id, key, isInside }: EntryOf<'cancelled'>, position: number): void {
  if (isInside) agent.stepped = position
  if (key !== undefined) agent.timers.delete(key)
  else
    for (const [known, timer] of agent.timers)
      if (timer.id === id && !timer.inside && !timer.isSuperseded) agent.timers.delete(known)
}

/** A timer fires; the agent has yet to handle that. */
function fireTimer(agent: AgentStanding, { id, key = id, seq, isInside }: EntryOf<'fired'>, position: number): void {
  if (isInside) agent.stepped = position
  const timer = agent.timers.get(key)
  if (!timer) return
  agent.timers.delete(key)
  supersede(agent, id, timer.inside)
  // The event of a timer for another agent was said in the same frame.
  if (timer.to === undefined) agent.fired.set(seq, timer)
}

/** Moves the dates of timers by a jump of the clock, so that they wait as long as before. @param ms the jump, in milliseconds */
export function jumpTimers({ timers }: AgentStanding, ms: number): void {
  for (const [key, timer] of timers) if (typeof timer.at === 'number') timers.set(key, { ...timer, at: timer.at + ms })
}

/** Remembers in each timer a time in which no process ran. @param ms that time, in milliseconds */
export function skipTimers({ timers }: AgentStanding, ms: number): void {
  for (const [id, timer] of timers) timers.set(id, { ...timer, away: (timer.away ?? 0) + ms })
}

/**
 * From now on, `cancel` does not cancel the earlier timers of an id: a newer timer has the id, or one of them has fired. XState
 * does the same.
 */
function supersede({ timers }: AgentStanding, id: string, inside: TimerStanding['inside']): void {
  const source = inside?.source.join('/')
  for (const [key, timer] of timers)
    if (timer.id === id && timer.inside?.source.join('/') === source && !timer.isSuperseded)
      timers.set(key, { ...timer, isSuperseded: true })
}
