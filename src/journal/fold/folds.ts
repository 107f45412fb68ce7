import type { Address } from '../../mail/address.ts'
import type { DeadLetter } from '../../mail/dead-letters.ts'
import type { Envelope } from '../../mail/envelope.ts'
import type { EntryOf, FirstInput } from '../frame.ts'
import { type AgentJson, agentJson, agentOf, mailOf } from './agent-standing.ts'
import { FoldedAgents } from './agents.ts'
import { type AnswerStanding, FoldedAnswers } from './answers.ts'
import { FoldedLetters } from './letters.ts'
import { FoldedSchedules, type ScheduleStanding } from './schedules.ts'

/** Why the uppermost supervisor gave up. */
type Escalation = Pick<EntryOf<'escalated'>, 'agent' | 'restarts' | 'within' | 'error' | 'code' | 'stack'>

/** How far a partition itself has come. */
export interface Life {
  /** How far the creation of a party has come; `undefined` for the agents outside the parties. */
  birth: 'created' | 'started' | 'failed' | undefined
  /** Set from when the root supervisor gave up until an agent begins anew. */
  gaveUp: Escalation | undefined
  /** The first inputs of a party, until it has them. */
  inputs: readonly FirstInput[]
}

/** The standing of a partition, by subject. */
export interface Folds {
  readonly life: Life
  readonly agents: FoldedAgents
  readonly answers: FoldedAnswers
  /** For each party: the position up to which the agents of this partition have heard its events. */
  readonly heard: Map<string, number>
  readonly letters: FoldedLetters
  readonly schedules: FoldedSchedules
}

/** The same as JSON. */
export interface FoldsJson extends Readonly<Life> {
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
  const life = { birth: undefined, gaveUp: undefined, inputs: [] }
  const [letters, schedules] = [new FoldedLetters(partition), new FoldedSchedules()]
  return { life, agents, answers, heard: new Map(), letters, schedules }
}

export function foldsJson({ life, agents, answers, heard, letters, schedules }: Folds): FoldsJson {
  return {
    ...life,
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
  const { life, agents, answers, heard, letters, schedules } = folds
  const { birth, gaveUp, inputs } = json
  Object.assign(life, { birth, gaveUp, inputs })
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
