import { TroupeError } from '../errors.ts'

/** An item that waits for its turn. */
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
 * The turn of an item: the smallest number goes first. After `aging` milliseconds of waiting, an item is as urgent as a new one
 * whose priority is one step higher. The number does not change while time passes, so nothing needs to be sorted again.
 */
export function turnOf({ priority, time }: Waiting, aging: number): number {
  return time + priority * aging
}

/** The option `aging` is no positive number of milliseconds. */
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
