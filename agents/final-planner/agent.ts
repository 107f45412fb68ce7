import { defineAgent, type EffectLogic, effect } from 'troupe'
import { briefOf } from '../input-analyzer/brief.ts'
import type { PartyPlan } from '../party/schemas.ts'
import { finalPlannerMachine, hears, says } from './machine.ts'
import { writePlan } from './plan.ts'
import type { PlanSources } from './sources.ts'

/** Writes the plan that the family reads. */
export const finalPlannerAgent = () => {
  const write: EffectLogic<PlanSources | null, PartyPlan> = effect('write-plan', async (sources: PlanSources | null) =>
    writePlan(sources ?? { results: {}, brief: briefOf([]) }),
  )
  // People paste whole lists of wishes at once. The mailbox has room, so that no wish is refused.
  return defineAgent({ name: 'final-planner', machine: finalPlannerMachine(write), hears, says })
}
