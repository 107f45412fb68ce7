import { compare, comparisonText } from './against.ts'
import { readOptions, UsageError } from './options.ts'
import { installPeers } from './peers/install.ts'
import { machineLine, reportJson, reportText, smokeText } from './report.ts'
import { runSuite } from './rounds.ts'
import { suites } from './suites/index.ts'

const say = (text: string) => void process.stderr.write(`${text}\n`)

try {
  const options = readOptions(process.argv.slice(2), suites)
  await installPeers(say)
  say(machineLine())
  for (const suite of options.suites) {
    const rounds = options.rounds ?? (options.scale === 'full' ? (suite.rounds ?? 3) : 1)
    if (options.against !== undefined) {
      const comparison = await compare(suite, options.against, options.scale, rounds, say)
      process.stdout.write(`\n${comparisonText(comparison)}\n\n`)
      if (comparison.here.failures.length + comparison.there.failures.length > 0) process.exitCode = 1
      continue
    }
    const results = await runSuite(suite, options.scale, rounds, say)
    if (options.json) {
      process.stdout.write(`${JSON.stringify(reportJson(results))}\n`)
      for (const { contestant, case: of, error } of results.failures) say(`failed: ${contestant}, ${of}: ${error}`)
    } else {
      const text = options.scale === 'smoke' ? smokeText(results) : reportText(results)
      process.stdout.write(`\n${text}\n\n`)
    }
    // What is slow is no failure; what does not do its work is.
    if (results.failures.length > 0) process.exitCode = 1
  }
} catch (error) {
  say(error instanceof Error ? error.message : `${error}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
