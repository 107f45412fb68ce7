import { TroupeError } from '../errors.ts'

/** Something that waits for its turn. */
export interface Waiting {
  /** 1 is most urgent, 10 least. */
  readonly priority: number
  /** Since when, in milliseconds. */
  readonly time: number
}

/** Milliseconds of waiting that count as one step of priority. */
const usualAging = 1_000

/** @throws AgingError unless it is a number above 0; where it is infinite, nothing rises */
export function agingOf(aging = usualAging): number {
  if (!(aging > 0)) throw new AgingError(aging)
  return aging
}

/**
 * When it is something's turn, compared with others: the smallest goes first. After each `aging` of waiting it is as urgent as
 * what comes then and is one step more urgent. The number stays the same as time passes, so nothing is ever sorted again.
 */
export function turnOf({ priority, time }: Waiting, aging: number): number {
  return time + priority * aging
}

/** A time that cannot make anything more urgent. */
export class AgingError extends TroupeError {
  readonly code = 'AGING'
  readonly aging: number
  constructor(aging: number) {
    super(
      `What waits cannot become more urgent every ${aging} ms: use milliseconds above 0, or Infinity for never, or leave "aging" out.`,
    )
    this.aging = aging
  }
}
