import { exponentOf, type Spread, spreadOf, type Total } from './statistics.ts'
import type { Figure, Figures, Suite } from './suite.ts'

/** Where a round took place among all rounds. */
export interface Place {
  readonly round: number
  readonly contestant: string
  readonly case: string
}

interface Sample extends Place {
  readonly figures: Figures
}

/** What went wrong, and where. */
export interface Failure extends Place {
  readonly error: string
}

/** Everything that the rounds of a suite told. */
export class Results {
  readonly suite: Suite
  readonly failures: Failure[] = []
  /** The load of the machine when each round began. */
  readonly loads: number[] = []
  readonly #samples: Sample[] = []
  readonly #notes = new Map<string, string>()

  constructor(suite: Suite) {
    this.suite = suite
  }

  add(sample: Sample): void {
    this.#samples.push(sample)
  }

  /** Keeps what a figure has to be read with. */
  note({ contestant, case: of }: Place, note: string): void {
    this.#notes.set(`${contestant}/${of}`, note)
  }

  noteOn(contestant: string, of: string): string | undefined {
    return this.#notes.get(`${contestant}/${of}`)
  }

  spread(contestant: string, of: string, figure: string): Spread | undefined {
    return spreadOf([...this.byRound(contestant, of, figure).values()])
  }

  samples(contestant: string, of: string, figure: string): readonly number[] {
    return [...this.byRound(contestant, of, figure).values()]
  }

  /** One contestant's figure divided by another's of the same round; the median of all rounds. */
  factor(contestant: string, other: string, of: string, figure: string): number | undefined {
    const others = this.byRound(other, of, figure)
    const factors = [...this.byRound(contestant, of, figure)].flatMap(([round, value]) => {
      const against = others.get(round)
      return against === undefined ? [] : [value / against]
    })
    return spreadOf(factors)?.median
  }

  /** The factor to whichever of the others is best. */
  factorToBest(contestant: string, others: readonly string[], of: string, figure: Figure): number | undefined {
    const factors = others.flatMap(other => this.factor(contestant, other, of, figure.name) ?? [])
    if (factors.length === 0) return undefined
    return figure.better === 'higher' ? Math.min(...factors) : Math.max(...factors)
  }

  /** How the total of a figure grows from the first case to the last that has it. */
  growth(contestant: string, figure: string): number | undefined {
    const totals = this.suite.cases.flatMap(of => this.#total(contestant, of, figure) ?? [])
    const [first] = totals
    const last = totals.at(-1)
    return first && last && last.number > first.number ? exponentOf(first, last) : undefined
  }

  #total(contestant: string, of: string, figure: string): Total | undefined {
    const each = this.spread(contestant, of, figure)?.median
    const number = this.spread(contestant, of, 'agents')?.median
    return each === undefined || number === undefined ? undefined : { number, total: each * number }
  }

  /** What each round told of a figure. */
  byRound(contestant: string, of: string, figure: string): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    for (const sample of this.#samples) {
      const value = sample.contestant === contestant && sample.case === of ? sample.figures[figure] : undefined
      // A round tells again what it knows better.
      if (value !== undefined) found.set(sample.round, value)
    }
    return found
  }
}
