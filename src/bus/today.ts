/** What happened since midnight, UTC. */
export interface TodayFigures {
  /** Published events. */
  readonly published: number
  /** Calls of subscribers that failed. */
  readonly failed: number
}

const day = 24 * 60 * 60 * 1_000

/** Counts by day. All times are epoch milliseconds. */
export class Today {
  #midnight = Number.NEGATIVE_INFINITY
  #published = 0
  #failed = 0

  published(at: number): void {
    if (at >= this.#midnight) this.#begin(at)
    this.#published++
  }

  failed(at: number): void {
    if (at >= this.#midnight) this.#begin(at)
    this.#failed++
  }

  figures(now: number): TodayFigures {
    if (now >= this.#midnight) this.#begin(now)
    return { published: this.#published, failed: this.#failed }
  }

  #begin(at: number): void {
    this.#midnight = (Math.floor(at / day) + 1) * day
    this.#published = 0
    this.#failed = 0
  }
}
