import type { Envelope } from './envelope.ts'
import { Spill, type Spilled } from './spill.ts'

/** Says whether the agent takes events of a type now; `undefined` if it takes all. */
export type Accepts = ((type: string) => boolean) | undefined

export const everything = () => true

/**
 * The waiting events of one priority, oldest first: first those in memory, then those that only the journal holds. Taking an
 * event from the middle leaves its place empty; the lane closes the gaps when half of its places are empty.
 */
export class Lane {
  #items: (Envelope | undefined)[] = []
  /** The position of each event, also of those that were taken: finds an event by its position without looking at all. */
  #seqs: number[] = []
  #head = 0
  #holes = 0
  #spill: Spill | undefined

  get spilled(): number {
    return this.#spill?.size ?? 0
  }

  get spill(): Spill | undefined {
    return this.#spill
  }

  push(envelope: Envelope): void {
    if (this.#items.length === 0) {
      // Most mailboxes hold one event at a time. An array that grows by `push` reserves room for seventeen.
      this.#items = [envelope]
      this.#seqs = [envelope.seq]
      return
    }
    // Only an event that is put back after a crash is not the newest.
    const place = (this.#seqs.at(-1) ?? 0) <= envelope.seq ? this.#items.length : this.#placeAfter(envelope.seq)
    if (place === this.#items.length) {
      this.#items.push(envelope)
      this.#seqs.push(envelope.seq)
    } else {
      this.#items.splice(place, 0, envelope)
      this.#seqs.splice(place, 0, envelope.seq)
    }
  }

  pushSpilled(envelope: Envelope): void {
    this.#spill ??= new Spill()
    this.#spill.push(envelope)
  }

  get isEmpty(): boolean {
    return this.#items[this.#head] === undefined && this.#spill === undefined
  }

  /** The oldest event in memory. */
  first(): Envelope | undefined {
    return this.#items[this.#head]
  }

  /**
   * Since when the oldest acceptable event has waited, epoch milliseconds; `undefined` unless that is before a moment. Of an event
   * that only the journal holds, it is the earliest time that it may have.
   */
  since(accepts: Accepts, before: number): number | undefined {
    const spill = this.#spill
    const oldest = this.#items[this.#head]?.time ?? Number.POSITIVE_INFINITY
    if (!(oldest < before || (spill && (spill.since ?? before) < before))) return undefined
    if (!accepts && !spill) return oldest
    let first: Envelope | undefined
    for (const envelope of this) {
      // All that follow are younger. Of what only the journal holds, something older may follow.
      if (!spill && envelope.time >= before) return undefined
      if (accepts && !accepts(envelope.type)) continue
      first = envelope
      break
    }
    const [spilled] = spill?.has(accepts ?? everything) ? spill.oldest(accepts ?? everything, 1) : []
    const since = spilled && !(first && first.seq < spilled.seq) ? spill?.sinceAt(spilled.place) : first?.time
    return since !== undefined && since < before ? since : undefined
  }

  /** Whether only the journal holds the oldest acceptable event. */
  isSpilledFirst(accepts: (type: string) => boolean): boolean {
    const [spilled] = this.#spill?.oldest(accepts, 1) ?? []
    if (!spilled) return false
    for (const { type, seq } of this) if (accepts(type)) return spilled.seq < seq
    return true
  }

  shift(): Envelope | undefined {
    const envelope = this.#items[this.#head]
    if (envelope) this.#removeAt(this.#head)
    return envelope
  }

  /** Takes the oldest acceptable event in memory. */
  take(accepts: (type: string) => boolean): Envelope | undefined {
    for (let place = this.#head; place < this.#items.length; place++) {
      const envelope = this.#items[place]
      if (!envelope || !accepts(envelope.type)) continue
      this.#removeAt(place)
      return envelope
    }
    return undefined
  }

  /** Takes the oldest acceptable event that only the journal holds; returns where to read it if it was not read back yet. */
  takeSpilled(accepts: (type: string) => boolean, most: number): Envelope | readonly Spilled[] | undefined {
    const spill = this.#spill
    const places = spill?.oldest(accepts, most)
    const next = places?.[0]
    if (!spill || !places || !next) return undefined
    const loaded = spill.loadedAt(next.place)
    if (!loaded) return places.filter(({ place }) => !spill.loadedAt(place))
    spill.remove(next.place)
    if (spill.size === 0) this.#spill = undefined
    return loaded
  }

  /** Removes an event that waits in memory. */
  remove(envelope: Envelope): void {
    for (let place = this.#placeAfter(envelope.seq) - 1; this.#seqs[place] === envelope.seq; place--)
      if (this.#items[place] === envelope) return this.#removeAt(place)
  }

  *[Symbol.iterator](): Iterator<Envelope> {
    for (let place = this.#head; place < this.#items.length; place++) {
      const envelope = this.#items[place]
      if (envelope) yield envelope
    }
  }

  /** The first place that holds a later position. */
  #placeAfter(seq: number): number {
    let low = this.#head
    let high = this.#seqs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#seqs[middle] ?? 0) > seq) high = middle
      else low = middle + 1
    }
    return low
  }

  #removeAt(place: number): void {
    this.#items[place] = undefined
    this.#holes++
    for (; this.#head < this.#items.length && !this.#items[this.#head]; this.#head++) this.#holes--
    const empty = this.#head + this.#holes
    if (empty === this.#items.length) this.#clear()
    else if (empty > 64 && empty * 2 > this.#items.length) this.#compact()
  }

  #clear(): void {
    this.#items.length = 0
    this.#seqs.length = 0
    this.#head = 0
    this.#holes = 0
  }

  #compact(): void {
    const items = this.#items.filter(item => item !== undefined)
    this.#items = items
    this.#seqs = items.map(({ seq }) => seq)
    this.#head = 0
    this.#holes = 0
  }
}
