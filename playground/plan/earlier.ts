import { IdleTimeoutError, type Runtime } from 'troupe'
import type { PlannerState } from 'troupe/agents'

/** A party, as far as its results are concerned. */
export interface Planned {
  readonly id: string
  readonly state: PlannerState
}

/** What earlier runs have left, once it is at rest. */
export interface Earlier {
  /** Whether there was nothing. */
  readonly isNone: boolean
  readonly parties: readonly Planned[]
  /** Those that had not been finished. */
  readonly wentOn: readonly Planned[]
}

/**
 * Waits for the parties that the journal held: they go on by themselves. A party that cannot go on is reported, and does not hold up the others.
 *
 * @param hasWritten whether a party has written anything since
 * @throws IdleTimeoutError
 */
export async function restOfEarlier<S extends PlannerState>(
  { parties }: Pick<Runtime<S>, 'parties'>,
  hasWritten: (partyId: string) => boolean,
  tell: (line: string) => void,
): Promise<Earlier> {
  const quarantined = parties.quarantined()
  const left = parties.list()
  if (left.length > 0) tell(`Found ${left.length === 1 ? '1 party' : `${left.length} parties`}.`)
  for (const { partyId, reason } of quarantined) tell(`Party "${partyId}" is quarantined: ${reason}`)
  const ends = await Promise.allSettled(left.map(party => party.idle()))
  for (const end of ends) if (end.status === 'rejected') tell(whyNot(end.reason))
  const rested = left.filter((_, place) => ends[place]?.status === 'fulfilled')
  const wentOn = rested.filter(({ id }) => hasWritten(id))
  for (const { id, state } of wentOn) tell(`Party "${id}" has gone on: ${progressOf(state)}`)
  return { isNone: left.length === 0 && quarantined.length === 0, parties: rested, wentOn }
}

/** @throws IdleTimeoutError, because such a party is still at work */
function whyNot(error: unknown): string {
  if (error instanceof IdleTimeoutError) throw error
  return error instanceof Error ? error.message : `${error}`
}

function progressOf({ plan }: PlannerState): string {
  return plan ? `its plan is ${plan.completionPercent} % complete.` : 'it has no plan.'
}
