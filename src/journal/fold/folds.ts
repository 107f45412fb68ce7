import type { Address } from '../../mail/address.ts'
import type { DeadLetter } from '../../mail/dead-letters.ts'
import type { Envelope } from '../../mail/envelope.ts'
import { type AgentJson, agentJson, agentOf, mailOf } from './agent-standing.ts'
import { FoldedAgents } from './agents.ts'
import { type AnswerStanding, FoldedAnswers } from './answers.ts'
import { FoldedLetters } from './letters.ts'
import { FoldedSchedules, type ScheduleStanding } from './schedules.ts'

/** The standing of a partition, by subject. */
export interface Folds {
  readonly agents: FoldedAgents
  readonly answers: FoldedAnswers
  /** For each party: the position up to which the agents of this partition have heard its events. */
  readonly heard: Map<string, number>
  readonly letters: FoldedLetters
  readonly schedules: FoldedSchedules
}

/** The same as JSON. */
export interface FoldsJson {
  readonly hears: readonly (readonly [string, readonly string[]])[]
  readonly agents: readonly AgentJson[]
  readonly pools: readonly (readonly [string, readonly Envelope[]])[]
  readonly answers: readonly (readonly [string, AnswerStanding])[]
  readonly heard: readonly (readonly [string, number])[]
  readonly dead: readonly DeadLetter[]
  readonly schedules: readonly ScheduleStanding[]
  /** Older snapshots do not have it. */
  readonly over?: readonly ScheduleStanding[]
}

export function newFolds(partition: Address): Folds {
  const answers = new FoldedAnswers()
  const agents = new FoldedAgents(partition, answers)
  return { agents, answers, heard: new Map(), letters: new FoldedLetters(partition), schedules: new FoldedSchedules() }
}

export function foldsJson({ agents, answers, heard, letters, schedules }: Folds): FoldsJson {
  return {
    hears: [...agents.hears],
    agents: Array.from(agents.byName.values(), agentJson),
    pools: Array.from(agents.pools, ([name, mail]) => [name, [...mail.values()]] as const),
    answers: [...answers.known],
    heard: [...heard],
    dead: [...letters.dead],
    schedules: Array.from(schedules.running.values(), one => ({ ...one })),
    over: [...schedules.over.values()],
  }
}

export function foldsFrom(json: FoldsJson & { readonly partition: Address }): Folds {
  const folds = newFolds(json.partition)
  const { agents, answers, heard, letters, schedules } = folds
  for (const [definition, hears] of json.hears) agents.hears.set(definition, hears)
  for (const [name, mail] of json.pools) agents.pools.set(name, mailOf(mail))
  for (const agent of json.agents) agents.add(agentOf(agent))
  for (const [key, answer] of json.answers) answers.known.set(key, answer)
  for (const [party, position] of json.heard) heard.set(party, position)
  for (const letter of json.dead) letters.dead.add(letter)
  for (const schedule of json.schedules) schedules.running.set(schedule.name, schedule)
  for (const schedule of json.over ?? []) schedules.over.set(schedule.name, schedule)
  return folds
}
