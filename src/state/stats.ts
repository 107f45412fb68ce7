import { TroupeError, textOf } from '../errors.ts'
import type { AddedEvent, Figures, PartyDefinition, RemovedEvent } from './definition.ts'
import type { PartyStatus } from './store.ts'

/** What can be said of all parties together. */
export interface PartiesStats {
  readonly parties: number
  readonly inputs: number
  /** How many parties have each status. */
  readonly statuses: Readonly<Record<PartyStatus, number>>
  /** What the application counts (`state.figures`), summed over all parties. */
  readonly figures: Figures
}

/** A party as it is counted. */
interface Counted {
  readonly state: { readonly inputs: { readonly size: number }; readonly status: PartyStatus }
  readonly figures: Figures
}

/** Counts parties by what is durable of them. @throws FiguresError */
export function statsOf(parties: readonly Counted[]): PartiesStats {
  const statuses = { initializing: 0, planning: 0, completed: 0, error: 0 }
  const figures = new Map<string, number>()
  let inputs = 0
  for (const party of parties) {
    inputs += party.state.inputs.size
    statuses[party.state.status]++
    for (const [name, figure] of Object.entries(party.figures)) figures.set(name, (figures.get(name) ?? 0) + figure)
  }
  return { parties: parties.length, inputs, statuses, figures: Object.fromEntries(figures) }
}

/** What the application counts in a state. @throws FiguresError */
export function figuresOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  { name, figures }: PartyDefinition<S, A, R>,
  partyId: string,
  state: S,
): Figures {
  try {
    const counted = figures(state)
    for (const [figure, value] of Object.entries(counted))
      if (!Number.isFinite(value)) throw new Error(`${figure} is ${textOf(value)}, which is no number to add`)
    return counted
  } catch (error) {
    throw new FiguresError(name, partyId, error)
  }
}

/** The application could not count what is in a party's state. */
export class FiguresError extends TroupeError {
  readonly code = 'FIGURES'
  readonly definition: string
  readonly partyId: string
  constructor(definition: string, partyId: string, cause: unknown) {
    super(
      `The figures of "${definition}" cannot be told for party "${partyId}": ${textOf(cause)}. Mend state.figures.`,
      {
        cause,
      },
    )
    this.definition = definition
    this.partyId = partyId
  }
}
