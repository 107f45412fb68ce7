import type { PlannerState } from 'troupe/agents'

/** The last line: what became of the party. */
export function resultLine(partyId: string, state: PlannerState): string {
  return JSON.stringify({ kind: 'result', ok: true, partyId, state })
}
