import { definitionOf } from '../agent/identity.ts'
import type { Observable } from '../inspect/index.ts'
import type { Checkpoint } from '../journal/journal.ts'
import { addressOf, partyOf } from '../mail/address.ts'
import type { Observation, ObservedSnapshot } from '../partition/observation.ts'
import type { App } from './app.ts'
import { deadLettersOf, type PartitionSurvey } from './survey.ts'

/** The chart of a machine that is unknown, because no application was named. */
const unknown = { id: 'unknown' }

/**
 * The agents and dead letters in a journal, for inspectors. They look like agents of a runtime, but nothing runs.
 *
 * @param app gives agents their charts
 */
export function standingStill(surveys: readonly PartitionSurvey[], app: App | undefined): Observable {
  const configs = new Map(app?.agents.map(agent => [definitionOf(agent), agent.machine.config]))
  const observations = surveys.flatMap(survey => observationsOf(survey, configs))
  return {
    observe(observer, { only } = {}) {
      for (const one of observations) if (!only || only(one.address, one.party)) observer(one)
      return () => {}
    },
  }
}

function observationsOf(survey: PartitionSurvey, configs: ReadonlyMap<string, object>): readonly Observation[] {
  const { partition, checkpoints, standing } = survey
  const time = standing?.time ?? 0
  const party = partyOf(partition)
  const agents = Array.from(checkpoints, ([name, { incarnation, definition, snapshot }]): Observation => {
    const config = configs.get(definition) ?? unknown
    const address = addressOf(partition, name)
    const what = { role: 'agent', parent: undefined, name, definition, config, incarnation } as const
    return { kind: 'actor', how: 'there', address, party, time, ...what, snapshot: shownOf(snapshot) }
  })
  const letters = deadLettersOf([survey]).map((letter): Observation => {
    return { kind: 'dead', address: letter.to, party, time: letter.last, letter }
  })
  return [...agents, ...letters]
}

function shownOf(snapshot: Checkpoint['snapshot']): ObservedSnapshot {
  const { status, value, context, output } = snapshot as Partial<ObservedSnapshot>
  return { status: status ?? 'active', value, context, output }
}
