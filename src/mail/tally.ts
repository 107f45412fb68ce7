/**
 * Counts events and their deliveries, so that nothing is lost silently: `offered` = `accepted` + `rejected`, and `created` =
 * `handled` + `ignored` + `failed` + `dead` + `coalesced` + what still waits.
 */
export interface Tally {
  /** Events and requests that an agent or a caller outside wanted to send, and redriven dead letters. */
  offered: number
  accepted: number
  /** Refused with an error to their sender: invalid, no room, or no receiver. */
  rejected: number
  /** Deliveries: one for each agent that an event was meant for. */
  created: number
  handled: number
  /** A broadcast that the machine did not take in its state. */
  ignored: number
  /** The step failed; the event is a dead letter too. */
  failed: number
  /**
   * Never handed over: stopped, overflow, expired, stale; or addressed to one agent, which did not take it. Also the mail of a
   * party that failed: it is delivered anew when the party is back.
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
