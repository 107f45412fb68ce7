/**
 * One round in this process: `node ... test/bench/round.ts <suite> <contestant> <case> [full | smoke]`. The runner starts
 * it for every round; by hand, with `--cpu-prof`, it shows where a contestant's time goes.
 */
import { suites } from './suites/index.ts'
import { turn } from './turns.ts'

/** What a round tells the runner. */
export interface Told {
  readonly figures: Readonly<Record<string, number>>
  readonly note: string | undefined
}

const [suiteName, contestantName, caseName = '', scale = 'full'] = process.argv.slice(2)

const contestant = suites
  .find(({ name }) => name === suiteName)
  ?.contestants.find(({ name }) => name === contestantName)
const round = (await contestant?.load())?.[caseName]
if (!round) throw new Error(`there is no ${suiteName} / ${contestantName} / ${caseName}`)

await turn()
await round(scale === 'smoke' ? 'smoke' : 'full', (figures, note) => {
  const told: Told = { figures, note }
  if (process.send) process.send(told)
  else console.log(JSON.stringify(told))
})

// Some peers keep timers or sockets that would hold the process.
if (process.send) process.disconnect()
process.exit()
