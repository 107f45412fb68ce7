import type { Envelope } from './envelope.ts'
import { Spill, type Spilled } from './spill.ts'

/**
 * The waiting events of one priority, oldest first: those in memory, then those that only the journal holds. A place in
 * the middle that was taken stays empty until those before it are gone.
 */
export class Lane {
  #items: (Envelope | undefined)[] = []
  #head = 0
  #spill: Spill | undefined

  get spilled(): number {
    return this.#spill?.size ?? 0
  }

  get spill(): Spill | undefined {
    return this.#spill
  }

  push(envelope: Envelope): void {
    const last = this.#items.at(-1)
    // Nearly always the newest; an event put back after a crash is the exception.
    if (!last || last.seq <= envelope.seq) this.#items.push(envelope)
    else this.#insert(envelope)
  }

  pushSpilled(envelope: Envelope): void {
    this.#spill ??= new Spill()
    this.#spill.push(envelope)
  }

  /** The oldest in memory. */
  first(): Envelope | undefined {
    return this.#items[this.#head]
  }

  shift(): Envelope | undefined {
    const envelope = this.#items[this.#head]
    if (envelope) this.#removeAt(this.#head)
    return envelope
  }

  /** Takes the oldest acceptable one of those in memory. */
  take(accepts: (type: string) => boolean): Envelope | undefined {
    for (let place = this.#head; place < this.#items.length; place++) {
      const envelope = this.#items[place]
      if (!envelope || !accepts(envelope.type)) continue
      this.#removeAt(place)
      return envelope
    }
    return undefined
  }

  /** Takes the oldest acceptable one of those in the journal; where to read it, if it has not been read back yet. */
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

  /** Removes one that waits in memory. */
  remove(envelope: Envelope): void {
    const place = this.#items.indexOf(envelope, this.#head)
    if (place >= 0) this.#removeAt(place)
  }

  *[Symbol.iterator](): Iterator<Envelope> {
    for (let place = this.#head; place < this.#items.length; place++) {
      const envelope = this.#items[place]
      if (envelope) yield envelope
    }
  }

  #insert(envelope: Envelope): void {
    let place = this.#items.length
    for (; place > this.#head; place--) {
      const before = this.#items[place - 1]
      if (before && before.seq <= envelope.seq) break
    }
    this.#items.splice(place, 0, envelope)
  }

  #removeAt(place: number): void {
    this.#items[place] = undefined
    while (this.#head < this.#items.length && !this.#items[this.#head]) this.#head++
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }
}
