/**
 * How deliveries ended, so that nothing is lost in silence: `created` = `handled` + `ignored` + `failed` + `dead` + what
 * still waits.
 */
export interface Tally {
  /** One for each agent that an event was meant for. */
  created: number
  handled: number
  /** A broadcast that the machine did not take in its state. */
  ignored: number
  /** The step failed; the event is a dead letter too. */
  failed: number
  /** Never handed over: stopped, overflow; or meant for one agent alone, which did not take it. */
  dead: number
}

export function emptyTally(): Tally {
  return { created: 0, handled: 0, ignored: 0, failed: 0, dead: 0 }
}
