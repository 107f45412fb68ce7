/** Takes the number of an event. */
export type Hear = (n: number) => void

// Of different code, as a program's subscribers are: where all have the same, engines put it into the loop that calls them.
const kinds: readonly ((ear: Ear) => Hear)[] = [
  ear => n => {
    if (n === ear.heard) ear.heard++
  },
  ear => n => {
    ear.heard += Number(n === ear.heard)
  },
  ear => n => {
    ear.heard = n === ear.heard ? n + 1 : ear.heard
  },
]

/** What a subscriber does: it counts each event that is the next one, and none that is told twice or out of order. */
export class Ear {
  heard = 0
  readonly hear: Hear

  constructor(place: number) {
    const kind = kinds[place % kinds.length]
    if (!kind) throw new RangeError(`no ear has place ${place}`)
    this.hear = kind(this)
  }
}
