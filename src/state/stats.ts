import { TroupeError, textOf } from '../errors.ts'
import type { AddedEvent, Figures, PartyDefinition, RemovedEvent } from './definition.ts'
import type { PartyStatus } from './store.ts'

/** Figures of all parties together. */
export interface PartiesStats {
  readonly parties: number
  readonly inputs: number
  /** How many parties have each status. */
  readonly statuses: Readonly<Record<PartyStatus, number>>
  /** The figures of the application (`state.figures`), summed over all parties. */
  readonly figures: Figures
}

/** The part of a party that statistics use. */
interface Counted {
  readonly state: { readonly inputs: { readonly size: number }; readonly status: PartyStatus }
  readonly figures: Figures
}

/** Counts parties by their durable states. @throws FiguresError */
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

/** The figures of the application for one state. @throws FiguresError */
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

/** `state.figures` failed on the state of a party. */
export class FiguresError extends TroupeError {
  readonly code = 'FIGURES'
  readonly definition: string
  readonly partyId: string
  constructor(definition: string, partyId: string, cause: unknown) {
    super(`The function state.figures of "${definition}" failed for party "${partyId}": ${textOf(cause)}. Fix it.`, {
      cause,
    })
    this.definition = definition
    this.partyId = partyId
  }
}
