/** A jump of the date of a partition: the clock was corrected, or the machine slept. */
export interface Jump {
  /** The last position before the jump. */
  readonly at: number
  /** Milliseconds; negative if the date was set back. */
  readonly ms: number
}

/** How many jumps of a partition are kept, the newest: hardly any waiting event with a time to live is older. */
const mostJumps = 1_000

/** The jumps of the date of a partition. With them, a time to live ends after its duration, not at its date. */
export class Jumps {
  readonly #jumps: Jump[]

  constructor(jumps: Iterable<Jump> = []) {
    this.#jumps = [...jumps]
  }

  add(jump: Jump): void {
    this.#jumps.push(jump)
    if (this.#jumps.length > mostJumps) this.#jumps.shift()
  }

  /** The sum of all jumps since a position, milliseconds. */
  since(position: number): number {
    return this.#jumps.reduce((sum, { at, ms }) => (at >= position ? sum + ms : sum), 0)
  }

  toJSON(): readonly Jump[] {
    return [...this.#jumps]
  }
}
