import type { Envelope } from 'troupe'

/** A subscriber's memory of many parties: how often it heard each type in each of them, and whether in order. */
export class Listener {
  readonly #heard: ReadonlyMap<string, Uint32Array>
  readonly #places: ReadonlyMap<string, number>
  /** The position of the newest event of each party. */
  readonly #newest: Float64Array
  outOfOrder = 0

  /**
   * @param types what it is to hear; anything else does not count
   * @param places the parties, from 0
   */
  constructor(types: readonly string[], places: ReadonlyMap<string, number>) {
    this.#heard = new Map(types.map(type => [type, new Uint32Array(places.size)]))
    this.#places = places
    this.#newest = new Float64Array(places.size)
  }

  hear({ type, party = '', seq }: Envelope): void {
    const counts = this.#heard.get(type)
    const place = this.#places.get(party)
    if (!counts || place === undefined) return
    counts[place] = (counts[place] ?? 0) + 1
    if (seq <= (this.#newest[place] ?? 0)) this.outOfOrder++
    this.#newest[place] = seq
  }

  /** How many events it did not hear, when so many of each type happened in each party. */
  missing(happened: Uint32Array): number {
    return this.#sum((count, place) => Math.max(0, (happened[place] ?? 0) - count))
  }

  /** How many it heard that did not happen, or not again. */
  tooMany(happened: Uint32Array): number {
    return this.#sum((count, place) => Math.max(0, count - (happened[place] ?? 0)))
  }

  #sum(of: (count: number, place: number) => number): number {
    let sum = 0
    for (const counts of this.#heard.values()) for (const [place, count] of counts.entries()) sum += of(count, place)
    return sum
  }
}
