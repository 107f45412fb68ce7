import { defineAgent, type EffectLogic, effect } from 'troupe'
import type { PartyBudget } from '../party/schemas.ts'
import { type BudgetSources, budgetMachine, hears, says } from './machine.ts'
import { totalBudget } from './total.ts'

/** Adds up the costs of the party, and compares them with what the family wants to spend. */
export const budgetAgent = () => {
  const total: EffectLogic<BudgetSources, PartyBudget> = effect('total-budget', async (sources: BudgetSources) =>
    totalBudget(sources),
  )
  return defineAgent({ name: 'budget', machine: budgetMachine(total), hears, says })
}
