import type { Envelope } from '../mail/envelope.ts'

interface Head {
  readonly envelope: Envelope
  /** The index of its stream. */
  readonly rank: number
  readonly rest: AsyncIterator<Envelope>
}

/** The events of several streams in the order of their time. Events of one stream keep their order. */
export async function* merged(streams: readonly AsyncIterable<Envelope>[]): AsyncGenerator<Envelope> {
  const heads = new Heads()
  const iterators = streams.map(stream => stream[Symbol.asyncIterator]())
  try {
    for (const [rank, rest] of iterators.entries()) heads.add(await headOf(rest, rank))
    for (let next = heads.take(); next; next = heads.take()) {
      yield next.envelope
      heads.add(await headOf(next.rest, next.rank))
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.()
  }
}

async function headOf(rest: AsyncIterator<Envelope>, rank: number): Promise<Head | undefined> {
  const { done, value } = await rest.next()
  return done === true ? undefined : { envelope: value, rank, rest }
}

function isBefore(a: Head, b: Head): boolean {
  return a.envelope.time === b.envelope.time ? a.rank < b.rank : a.envelope.time < b.envelope.time
}

/** A binary heap, which finds the earliest of many streams fast. */
class Heads {
  readonly #heads: Head[] = []

  add(head: Head | undefined): void {
    if (!head) return
    let place = this.#heads.push(head) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.#swapIfBefore(place, above)) return
      place = above
    }
  }

  take(): Head | undefined {
    const [first] = this.#heads
    const last = this.#heads.pop()
    if (!last || last === first) return first
    this.#heads[0] = last
    for (let place = 0, below = this.#earlierBelow(0); below !== undefined; below = this.#earlierBelow(place)) {
      if (!this.#swapIfBefore(below, place)) break
      place = below
    }
    return first
  }

  #earlierBelow(place: number): number | undefined {
    const [left, right] = [this.#heads[2 * place + 1], this.#heads[2 * place + 2]]
    if (!left) return undefined
    return right && isBefore(right, left) ? 2 * place + 2 : 2 * place + 1
  }

  #swapIfBefore(place: number, other: number): boolean {
    const [one, two] = [this.#heads[place], this.#heads[other]]
    if (!one || !two || !isBefore(one, two)) return false
    this.#heads[place] = two
    this.#heads[other] = one
    return true
  }
}
