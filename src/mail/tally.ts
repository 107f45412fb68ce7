/**
 * What became of events and of their deliveries, so that nothing is lost in silence: `offered` = `accepted` + `rejected`,
 * and `created` = `handled` + `ignored` + `failed` + `dead` + `coalesced` + what still waits.
 */
export interface Tally {
  /** Events and requests that somebody outside or an agent wanted to say, and dead letters on their way again. */
  offered: number
  accepted: number
  /** Refused with an error to their sender: invalid, no room, or nobody there. */
  rejected: number
  /** Deliveries: one for each agent that an event was meant for. */
  created: number
  handled: number
  /** A broadcast that the machine did not take in its state. */
  ignored: number
  /** The step failed; the event is a dead letter too. */
  failed: number
  /**
   * Never handed over: stopped, overflow, expired, stale; or meant for one agent alone, which did not take it. Also what a party
   * keeps that failed: it is delivered anew when the party is back.
   */
  dead: number
  /** A newer event with the same key took its place. */
  coalesced: number
}

/** Counts what is let in. */
export function accept(tally: Tally, count = 1): void {
  tally.offered += count
  tally.accepted += count
}

/** Counts what is refused. */
export function reject(tally: Tally, count = 1): void {
  tally.offered += count
  tally.rejected += count
}

export function emptyTally(): Tally {
  return {
    offered: 0,
    accepted: 0,
    rejected: 0,
    created: 0,
    handled: 0,
    ignored: 0,
    failed: 0,
    dead: 0,
    coalesced: 0,
  }
}
