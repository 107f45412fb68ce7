import { loadavg } from 'node:os'
import { runRound } from './child.ts'
import { type Place, Results } from './results.ts'
import type { Scale, Suite } from './suite.ts'

/** Runs a suite: round after round, all contestants of a case next to each other, so that all meet the same weather. */
export async function runSuite(
  suite: Suite,
  scale: Scale,
  rounds: number,
  say: (text: string) => void,
): Promise<Results> {
  const results = new Results(suite)
  const plays = await Promise.all(
    suite.contestants.map(async ({ name, load }) => ({ name, cases: Object.keys(await load()) })),
  )
  for (let round = 1; round <= rounds; round++) {
    const [load = 0] = loadavg()
    results.loads.push(load)
    say(`${suite.name}: round ${round} of ${rounds}, load ${load.toFixed(2)}`)
    for (const of of scale === 'full' ? suite.cases : (suite.smokeCases ?? suite.cases)) {
      for (const { name, cases } of plays) {
        if (cases.includes(of)) await playRound(results, { round, contestant: name, case: of }, scale)
      }
    }
  }
  return results
}

async function playRound(results: Results, place: Place, scale: Scale): Promise<void> {
  const error = await runRound(results.suite, place, scale, ({ figures, note }) => {
    results.add({ ...place, figures })
    if (note !== undefined) results.note(place, note)
  })
  if (error !== undefined) results.failures.push({ ...place, error })
}
