import { turnOf, type Waiting } from './aging.ts'

/** The place of an item in a line, between its neighbours of the same priority. */
export interface Spot<T extends Waiting> {
  readonly item: T
  before: Spot<T> | undefined
  after: Spot<T> | undefined
  hasLeft: boolean
}

/** The items of one priority, in the order in which they came. */
interface Rank<T extends Waiting> {
  first: Spot<T> | undefined
  last: Spot<T> | undefined
}

/**
 * A queue by priority: the most urgent item first, and of equally urgent items the one that came first. An item becomes more
 * urgent while it waits, so that it does not starve. Any item may leave from the middle, at the same cost however many wait.
 */
export class Line<T extends Waiting> implements Iterable<T> {
  readonly #aging: number
  /** By priority. */
  #ranks: (Rank<T> | undefined)[] = []
  #size = 0

  /** @param aging milliseconds of waiting that make an item more urgent by one */
  constructor(aging: number) {
    this.#aging = aging
  }

  get size(): number {
    return this.#size
  }

  push(item: T): Spot<T> {
    const rank = (this.#ranks[item.priority] ??= { first: undefined, last: undefined })
    const spot: Spot<T> = { item, before: rank.last, after: undefined, hasLeft: false }
    if (rank.last) rank.last.after = spot
    else rank.first = spot
    rank.last = spot
    this.#size++
    return spot
  }

  /** The place of the item whose turn it is. */
  get first(): Spot<T> | undefined {
    let next: Spot<T> | undefined
    let turn = Number.POSITIVE_INFINITY
    for (const rank of this.#ranks) {
      const first = rank?.first
      if (!first) continue
      const at = turnOf(first.item, this.#aging)
      // If two items have the same turn, the more urgent item goes first, because its rank comes first here.
      if (next && at >= turn) continue
      next = first
      turn = at
    }
    return next
  }

  /** Takes the item whose turn it is; `undefined` when empty. */
  shift(): T | undefined {
    const { first } = this
    if (first) this.leave(first)
    return first?.item
  }

  /** Takes the oldest item of the lowest priority, whatever it has gained by waiting. */
  takeLeastUrgent(): T | undefined {
    const first = this.#ranks.findLast(rank => rank?.first)?.first
    if (first) this.leave(first)
    return first?.item
  }

  /** Removes an item; returns whether it was still there. */
  leave(spot: Spot<T>): boolean {
    const rank = this.#ranks[spot.item.priority]
    if (spot.hasLeft || !rank) return false
    spot.hasLeft = true
    if (spot.before) spot.before.after = spot.after
    else rank.first = spot.after
    if (spot.after) spot.after.before = spot.before
    else rank.last = spot.before
    this.#size--
    return true
  }

  /** When the item came that has waited longest, epoch milliseconds; `undefined` when empty. */
  get since(): number | undefined {
    if (this.#size === 0) return undefined
    let since = Number.POSITIVE_INFINITY
    for (const rank of this.#ranks) since = Math.min(since, rank?.first?.item.time ?? since)
    return since
  }

  clear(): void {
    for (const spot of this.spots()) spot.hasLeft = true
    this.#ranks = []
    this.#size = 0
  }

  /** The items by priority only. */
  *[Symbol.iterator](): Iterator<T> {
    for (const { item } of this.spots()) yield item
  }

  /** The places of all items, by priority only. The item that was just returned may be removed. */
  *spots(): Generator<Spot<T>> {
    for (const rank of this.#ranks) for (let spot = rank?.first; spot; spot = spot.after) yield spot
  }
}
