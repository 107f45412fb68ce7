import { type Agent, type Supervised, withChildren } from 'troupe'
import type { Scenario } from '../stage/scenario.ts'

/** All agents of a scenario, each once: also agents of supervisors and pools, and children that agents invoke. */
export function agentsOf({ runtime: { agents = [], party } }: Scenario): readonly Agent[] {
  return withChildren([...(party?.tree ?? []), ...(party?.shared ?? []), ...agents].flatMap(flat))
}

function flat(one: Supervised): readonly Agent[] {
  return 'agents' in one ? one.agents.flatMap(flat) : [one]
}
