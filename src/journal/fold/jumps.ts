/** The date of a partition jumped. */
export interface Jump {
  /** The last position before the jump. */
  readonly at: number
  /** Milliseconds; less than 0 where it was set back. */
  readonly ms: number
}

/** So many jumps are kept of a partition, the newest: hardly any event with a time to live is older. */
const mostJumps = 1_000

/** How the date of a partition has jumped, so that what is to end at a date can end when so much has passed. */
export class Jumps {
  readonly #jumps: Jump[]

  constructor(jumps: Iterable<Jump> = []) {
    this.#jumps = [...jumps]
  }

  add(jump: Jump): void {
    this.#jumps.push(jump)
    if (this.#jumps.length > mostJumps) this.#jumps.shift()
  }

  /** By how many milliseconds in all, since a position. */
  since(position: number): number {
    return this.#jumps.reduce((sum, { at, ms }) => (at >= position ? sum + ms : sum), 0)
  }

  toJSON(): readonly Jump[] {
    return [...this.#jumps]
  }
}
