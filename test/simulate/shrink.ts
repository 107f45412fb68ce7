import { type Recorded, type Subject, subjects } from './choices.ts'
import { choicesEach } from './disturbances.ts'

/** Runs choices again; gives those that the run made if it fails in the same way, else `undefined`. */
type Fails = (choices: Recorded) => Promise<Recorded | undefined>

/** How many choices of a subject belong together. */
const unitOf = (subject: Subject): number => (subject === 'disturbance' ? choicesEach : 1)

/** Makes the choices of a failing run fewer and plainer, until nothing smaller fails or the budget is spent. */
export class Shrinking {
  readonly #fails: Fails
  #best: Recorded
  #runsLeft: number

  /** @param most how many runs may be tried */
  constructor(choices: Recorded, fails: Fails, most: number) {
    this.#best = withoutPlainEnds(choices)
    this.#fails = fails
    this.#runsLeft = most
  }

  async shrink(): Promise<Recorded> {
    for (let isBetter = true; isBetter && this.#runsLeft > 0; ) {
      const before = sizeOf(this.#best)
      for (const subject of ['disturbance', 'order', 'ended', 'act', 'program'] as const) await this.#try(subject, [])
      for (const subject of ['disturbance', 'act', 'order', 'ended', 'program'] as const) {
        await this.#dropParts(subject)
        await this.#makePlain(subject)
        await this.#makeSmaller(subject)
      }
      isBetter = sizeOf(this.#best) < before
    }
    return this.#best
  }

  /** Takes a list instead of the present one if the run then still fails. */
  async #try(subject: Subject, list: readonly number[]): Promise<boolean> {
    const now = this.#best[subject]
    if (this.#runsLeft <= 0 || (list.length === now.length && list.every((choice, place) => choice === now[place])))
      return false
    this.#runsLeft--
    const made = await this.#fails({ ...this.#best, [subject]: list })
    const plain = made && withoutPlainEnds(made)
    if (!plain || sizeOf(plain) >= sizeOf(this.#best)) return false
    this.#best = plain
    return true
  }

  /** Leaves out parts of a list, long parts first. */
  async #dropParts(subject: Subject): Promise<void> {
    const unit = unitOf(subject)
    for (let units = Math.ceil(this.#best[subject].length / unit / 2); units >= 1; units = Math.floor(units / 2)) {
      const length = units * unit
      for (let at = 0; at < this.#best[subject].length; ) {
        const list = this.#best[subject]
        const isDropped = await this.#try(subject, [...list.slice(0, at), ...list.slice(at + length)])
        if (!isDropped) at += length
      }
    }
  }

  /** Replaces parts of a list by the plainest choices. */
  async #makePlain(subject: Subject): Promise<void> {
    const { length: all } = this.#best[subject]
    for (let length = Math.ceil(all / 2); length >= 1; length = Math.floor(length / 2))
      for (let at = 0; at < this.#best[subject].length; at += length) {
        const list = this.#best[subject]
        if (list.slice(at, at + length).every(choice => choice === 0)) continue
        await this.#try(subject, [
          ...list.slice(0, at),
          ...list.slice(at, at + length).map(() => 0),
          ...list.slice(at + length),
        ])
      }
  }

  async #makeSmaller(subject: Subject): Promise<void> {
    for (let at = 0; at < this.#best[subject].length; at++)
      for (const smaller of [() => 1, (now: number) => Math.floor(now / 2), (now: number) => now - 1]) {
        const list = this.#best[subject]
        const now = list[at] ?? 0
        if (now > 1) await this.#try(subject, list.with(at, smaller(now)))
      }
  }
}

/** Plain choices at the end may be left out. */
function withoutPlainEnds(choices: Recorded): Recorded {
  const plain = (subject: Subject) => {
    const list = choices[subject]
    return list.slice(0, list.findLastIndex(choice => choice !== 0) + 1)
  }
  return {
    program: plain('program'),
    act: plain('act'),
    disturbance: plain('disturbance'),
    ended: plain('ended'),
    order: plain('order'),
  }
}

/** Fewer choices are smaller, then plainer ones. */
function sizeOf(choices: Recorded): number {
  return subjects.reduce((sum, subject) => sum + sizeOfList(choices[subject]), 0)
}

function sizeOfList(list: readonly number[]): number {
  return list.reduce((sum, choice) => sum + 1_000 + (choice === 0 ? 0 : 1_000) + Math.min(choice, 999), 0)
}
