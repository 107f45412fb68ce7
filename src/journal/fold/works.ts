import { type Address, splitAddress } from '../../mail/address.ts'
import type { Entry, WantedEntry } from '../frame.ts'
import type { AgentStanding, WorkStanding } from './agent-standing.ts'
import type { FoldedAnswers } from './answers.ts'

/** Work that an agent wants. @param on the id of the event that led to it, if an event did */
export function newWork(entry: WantedEntry, date: number, on: string | undefined): WorkStanding {
  const isAsk = entry.kind === 'ask'
  const expires = date + ((isAsk ? entry.deadline : undefined) ?? Number.POSITIVE_INFINITY)
  const { to, callees } = isAsk ? entry : {}
  return { seq: entry.seq, expires, on, to, callees, attempt: 1, held: false, outcome: undefined }
}

/** Takes what an entry says of work that is under way. */
export function changeWork(work: WorkStanding, entry: Entry, date: number): void {
  switch (entry.kind) {
    case 'outcome':
      work.outcome = entry
      return
    case 'held':
    case 'retried':
      work.attempt = entry.attempt
      work.held = entry.kind === 'held'
      work.due = undefined
      return
    case 'progressed':
      work.progress = entry.data
      return
    case 'tried':
      work.failures = (work.failures ?? 0) + 1
      work.due = date + entry.wait
      return
    default:
  }
}

/** The partitions of the callees that an agent has asked by their whole addresses, and that may not have answered. */
export function partitionsAsked({ works }: AgentStanding): readonly Address[] {
  const callees = [...works.values()].flatMap(({ to, callees = [] }) => (to === undefined ? callees : [to, ...callees]))
  return callees.flatMap(to => (to.includes('/') ? splitAddress(to).partition : []))
}

/** Moves the deadline and the next attempt of a piece of work. @param ms by how many milliseconds */
export function putOffWork(work: WorkStanding, ms: number): void {
  work.expires += ms
  if (work.due !== undefined) work.due += ms
}

/** An incarnation ends: its work ends, and agents that asked it get an answer. */
export function endWork(agent: AgentStanding, why: 'failed' | 'stopped', answers: FoldedAnswers): void {
  agent.timers.clear()
  agent.fired.clear()
  for (const [key, work] of agent.works) answers.forget(key, work)
  agent.works.clear()
  for (const key of agent.taken) answers.add(key, { to: agent.name, refused: why })
  agent.taken.clear()
}
