import { seededRandom } from 'troupe/testing'

/** The subjects about which a run makes choices. Each subject has a list of its own, so that fewer choices about one leave the others as they are. */
export const subjects = ['program', 'act', 'disturbance', 'ended', 'order'] as const

export type Subject = (typeof subjects)[number]

/** The choices of a run, by subject. 0 always means the plainest choice, and stands for all choices that are left out. */
export type Recorded = { readonly [S in Subject]: readonly number[] }

/**
 * Makes every choice of a run, from a seed or from the choices of an earlier run, and records it. The same seed, or the same
 * recorded choices, give the same run.
 */
export class Choices {
  readonly made: { readonly [S in Subject]: number[] } = {
    program: [],
    act: [],
    disturbance: [],
    ended: [],
    order: [],
  }
  readonly #random: () => number
  readonly #given: Recorded | undefined

  /** @param source a seed, or the choices of an earlier run */
  constructor(source: number | Recorded) {
    this.#random = seededRandom(typeof source === 'number' ? source : 0)
    this.#given = typeof source === 'number' ? undefined : source
  }

  /** A whole number from 0 up to but not including `count`. */
  pick(subject: Subject, count: number): number {
    const made = this.made[subject]
    const choice = this.#given
      ? Math.min(this.#given[subject][made.length] ?? 0, count - 1)
      : Math.floor(this.#random() * count)
    made.push(choice)
    return choice
  }

  /** One of the values; the first is the plainest. */
  of<T>(subject: Subject, values: readonly [T, ...T[]]): T {
    return values[this.pick(subject, values.length)] ?? values[0]
  }

  /** An index in a list of weights. */
  weighted(subject: Subject, weights: readonly number[]): number {
    const made = this.made[subject]
    if (this.#given) return this.pick(subject, weights.length)
    let rest = this.#random() * weights.reduce((sum, weight) => sum + weight, 0)
    const found = weights.findIndex(weight => (rest -= weight) < 0)
    const choice = Math.max(0, found)
    made.push(choice)
    return choice
  }
}
