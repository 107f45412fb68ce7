import type { Agent } from 'troupe'
import { describe, expect, it } from 'vitest'
import { agentsOf } from '../../playground/play/agents.ts'
import { findScenarios } from '../../playground/stage/find.ts'
import { playScenario } from '../../playground/stage/play.ts'
import type { Scenario } from '../../playground/stage/scenario.ts'
import { withAsleep } from '../support/asleep.ts'

/** The agents that have no part in a scenario, though its party has them: nobody wishes for what they do. */
const idle: Readonly<Record<string, readonly string[]>> = {
  'add-remove-cascade': ['vendor', 'quotes'],
  'contradicting-inputs': ['venue', 'cake', 'catering', 'vendor', 'budget', 'quotes'],
}

const scenarios = await findScenarios()
const agents = [...new Set(scenarios.flatMap(agentsOf))]

/** Those that it has a part in, so that they are to fail with it. */
function concerned(agent: Agent): readonly string[] {
  const hasPart = (scenario: Scenario) => agentsOf(scenario).includes(agent) && !idle[scenario.id]?.includes(agent.name)
  return scenarios.filter(hasPart).map(({ id }) => id)
}

/**
 * An agent that takes no event is the test of what scenarios assert: nothing crashes, so nothing but an assert can tell. One
 * that throws is noticed by all, as its supervisor gives up and its party fails.
 *
 * In a scenario whose process is killed, the agent is as it should be until then, since another process plays that; it is
 * broken in the one that goes on. What fails is what it had still to do.
 */
describe('an agent that does nothing any more', () => {
  it.each(agents.map(agent => [agent.name, concerned(agent).join(', '), agent] as const))(
    'is missed where it has a part, and nowhere else: %s in %s',
    async (_, ids, agent) => {
      const failed: string[] = []
      for (const scenario of scenarios) {
        const without = withAsleep(scenario, one => one === agent)
        // Where it does not stand, nothing is another than in the scenario itself, which passes.
        if (without !== scenario && !(await playScenario(without)).ok) failed.push(scenario.id)
      }
      expect(failed.join(', ')).toBe(ids)
    },
  )

  it('has a part in one scenario at least', () => {
    expect(agents.filter(agent => concerned(agent).length === 0)).toEqual([])
  })
})
