import { join } from 'node:path'
import { runRound } from './child.ts'
import { Results } from './results.ts'
import { spreadOf } from './statistics.ts'
import type { Contestant, Figure, Scale, Suite } from './suite.ts'
import { short, table } from './table.ts'
import { Referee } from './turns.ts'

/** The same rounds of Troupe by two checkouts, round by round side by side. */
export interface Comparison {
  readonly suite: Suite
  readonly here: Results
  readonly there: Results
}

/** Plays each round of Troupe here and in another checkout in turn, some milliseconds each: both meet the same weather. */
export async function compare(
  suite: Suite,
  folder: string,
  scale: Scale,
  rounds: number,
  say: (text: string) => void,
): Promise<Comparison> {
  const comparison: Comparison = { suite, here: new Results(suite), there: new Results(suite) }
  const plays = await Promise.all(troupes(suite).map(async one => ({ one, cases: await one.load() })))
  for (let round = 1; round <= rounds; round++) {
    say(`${suite.name}: round ${round} of ${rounds}`)
    for (const of of scale === 'full' ? suite.cases : (suite.smokeCases ?? suite.cases)) {
      for (const { one, cases } of plays) {
        if (!(of in cases)) continue
        const place = { round, contestant: one.name, case: of }
        const referee = new Referee()
        const play = async (results: Results, checkout: string) => {
          const error = await runRound(suite, place, scale, ({ figures }) => results.add({ ...place, figures }), {
            checkout,
            referee,
          })
          if (error !== undefined) results.failures.push({ ...place, error })
        }
        await Promise.all([play(comparison.here, join(import.meta.dirname, '../..')), play(comparison.there, folder)])
      }
    }
  }
  return comparison
}

/** A line for each figure that both have: here, there, and the median of here divided by there, more being better. */
export function comparisonText({ suite, here, there }: Comparison): string {
  const rows = suite.cases.flatMap(of =>
    troupes(suite).flatMap(({ name }) =>
      suite.figures.flatMap(figure => {
        const [now, before] = [here.spread(name, of, figure.name), there.spread(name, of, figure.name)]
        if (now === undefined || before === undefined) return []
        const factor = spreadOf(factors(here, there, name, of, figure))?.median
        return [
          [
            of,
            name,
            figure.name,
            short(now.median),
            short(before.median),
            factor === undefined ? '' : factor.toFixed(2),
          ],
        ]
      }),
    ),
  )
  const failed = [here, there].flatMap(({ failures }, at) =>
    failures.map(one => `failed ${at === 0 ? 'here' : 'there'}: ${one.contestant}, ${one.case}: ${one.error}`),
  )
  return [`${suite.name}: ${suite.title}`, table(['', '', '', 'here', 'there', 'better by'], rows), ...failed].join(
    '\n\n',
  )
}

function factors(here: Results, there: Results, name: string, of: string, figure: Figure): readonly number[] {
  const before = there.byRound(name, of, figure.name)
  return [...here.byRound(name, of, figure.name)].flatMap(([round, now]) => {
    const then = before.get(round)
    if (then === undefined) return []
    return [figure.better === 'higher' ? now / then : then / now]
  })
}

const troupes = ({ contestants }: Suite): readonly Contestant[] => contestants.filter(({ role }) => role === 'troupe')
