import type { Brief, PartyBudget, PartyInput, Results } from '../party/schemas.ts'

/** The sources of a plan; `failed` are the searches without a result, with the reason. */
export interface PlanSources {
  readonly results: Partial<Results>
  readonly brief: Brief
  readonly budget?: PartyBudget | undefined
  readonly failed?: readonly { readonly agent: string; readonly reason: string }[]
  /** The texts of the inputs, so that a question about one can quote it. */
  readonly inputs?: readonly Pick<PartyInput, 'inputId' | 'content'>[]
  /** The ids of the checklist tasks that the family has ticked off. */
  readonly doneTasks?: readonly string[]
}
