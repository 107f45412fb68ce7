import type { Agent } from 'troupe'
import { describe, expect, it } from 'vitest'
import { agentsOf } from '../../playground/play/agents.ts'
import { findScenarios } from '../../playground/stage/find.ts'
import { playScenario } from '../../playground/stage/play.ts'
import type { Scenario } from '../../playground/stage/scenario.ts'
import { withAsleep } from '../support/asleep.ts'

/** Agents without work in a scenario, though its party has them: no input asks for it. */
const idle: Readonly<Record<string, readonly string[]>> = {
  'add-remove-cascade': ['vendor', 'quotes'],
  'contradicting-inputs': ['venue', 'cake', 'catering', 'vendor', 'budget', 'quotes'],
}

const scenarios = await findScenarios()
const agents = [...new Set(scenarios.flatMap(agentsOf))]

/** The scenarios in which an agent has work. They must fail without it. */
function concerned(agent: Agent): readonly string[] {
  const hasPart = (scenario: Scenario) => agentsOf(scenario).includes(agent) && !idle[scenario.id]?.includes(agent.name)
  return scenarios.filter(hasPart).map(({ id }) => id)
}

/**
 * Checks the asserts of scenarios with an agent that ignores all events. Nothing crashes then, so only an assert can fail. An
 * agent that throws would always be noticed: its supervisor gives up, and its party fails.
 *
 * In a scenario whose process is killed, the agent works until then, because another process plays that part. It is broken in
 * the next process, so the asserts on its remaining work fail.
 */
describe('an agent that no longer does anything', () => {
  it.each(agents.map(agent => [agent.name, concerned(agent).join(', '), agent] as const))(
    'makes exactly the scenarios fail in which it has work: %s in %s',
    async (_, ids, agent) => {
      const failed: string[] = []
      for (const scenario of scenarios) {
        const without = withAsleep(scenario, one => one === agent)
        // A scenario without this agent is unchanged, and passes.
        if (without !== scenario && !(await playScenario(without)).ok) failed.push(scenario.id)
      }
      expect(failed.join(', ')).toBe(ids)
    },
  )

  it('has work in at least one scenario', () => {
    // A planner that is defined anew has agents of its own: each of them needs a scenario.
    expect(agents.filter(agent => concerned(agent).length === 0).map(({ name }) => name)).toEqual([])
  })
})
