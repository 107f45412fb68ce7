/**
 * Two rounds that are compared work in turn, a few milliseconds each: other programs and the speed of the machine slow both alike,
 * and neither takes the other's processor. A round has the turn when it begins, and gives it away each time it asks for the next one.
 */

/** What a round asks the runner for, and what it is answered. */
export const wantsTurn = 'wants turn'
export const hasTurn = 'has turn'

const isCompared = process.env['TROUPE_BENCH_CHECKOUT'] !== undefined

/** Gives the turn away, and resolves when it comes back: at once, for a round that is compared with no other. */
export async function turn(): Promise<void> {
  if (!isCompared) return
  const { promise, resolve } = Promise.withResolvers<unknown>()
  process.once('message', resolve)
  process.send?.(wantsTurn)
  await promise
}

/** Gives the turn to one of the rounds that are compared, and never to two: in the order in which they joined. */
export class Referee {
  readonly #rounds: Compared[] = []
  #last = 0

  /** @param give is called when the round has its turn */
  join(give: () => void): Compared {
    const round: Compared = { state: 'loading', give }
    this.#rounds.push(round)
    return round
  }

  /** A round asks for its next turn, and has none until it is given. */
  want(round: Compared): void {
    round.state = 'waiting'
    this.#give()
  }

  end(round: Compared): void {
    round.state = 'over'
    this.#give()
  }

  #give(): void {
    if (this.#rounds.some(({ state }) => state === 'loading' || state === 'working')) return
    for (let step = 1; step <= this.#rounds.length; step++) {
      const place = (this.#last + step) % this.#rounds.length
      const next = this.#rounds[place]
      if (next?.state !== 'waiting') continue
      this.#last = place
      next.state = 'working'
      next.give()
      return
    }
  }
}

/** A round whose turns come from a referee. */
export interface Compared {
  state: 'loading' | 'waiting' | 'working' | 'over'
  readonly give: () => void
}
