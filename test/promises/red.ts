/**
 * Runs every test of test/promises.md on the runtime that does not keep its promise, and fails unless it is red there, for a
 * reason of its own: an expectation that is not met, or an end that never comes.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namesOf, type Promised, promised, root, standIns } from './table.ts'

interface Result {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Result[] }[]
}

const folder = mkdtempSync(join(tmpdir(), 'promises-'))

/** What became of the named tests, by file. */
function run(standIn: string, rows: readonly Promised[]): ReadonlyMap<string, readonly Result[]> {
  const outputFile = join(folder, `${standIn}.json`)
  const names = [...new Set(rows.map(({ test }) => namesOf(test).source.slice(1, -1).replaceAll(' > ', '(?: > | )')))]
  const files = new Set(rows.map(({ file }) => file))
  const options = ['--isolate', '--reporter=json', `--outputFile=${outputFile}`, '--testTimeout=2000']
  const chosen = ['--testNamePattern', `^(?:${names.join('|')})$`]
  spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files, ...options, ...chosen], {
    cwd: root,
    env: { ...process.env, TROUPE_STAND_IN: standIn },
    stdio: 'ignore',
  })
  const report: Report = JSON.parse(readFileSync(outputFile, 'utf8'))
  return new Map(report.testResults.map(({ name, assertionResults }) => [name, assertionResults]))
}

/** How a test of its own fails; anything else, an error of the stand-in for instance, proves nothing. */
const ownReasons = [
  /^AssertionError: /,
  /^Error: promise resolved .* instead of rejecting/s,
  /^TestTimeoutError: /,
  /^Error: it never became so/,
]

/** Why a row proves nothing; nothing if it does. */
function weaknessOf({ test, file }: Promised, results: ReadonlyMap<string, readonly Result[]>): string | undefined {
  const names = namesOf(test)
  const cases = (results.get(join(root, file)) ?? []).filter(({ ancestorTitles, title }) =>
    names.test([...ancestorTitles, title].join(' > ')),
  )
  if (cases.length === 0) return 'did not run'
  for (const { title, status, failureMessages } of cases) {
    if (status !== 'failed') return `${status}: ${title}`
    const strange = failureMessages.find(message => !ownReasons.some(reason => reason.test(message)))
    if (strange !== undefined) return `fails for another reason: ${strange.split('\n')[0]}`
  }
  return undefined
}

const weaknesses: string[] = []
let count = 0
try {
  for (const standIn of standIns) {
    const rows = promised.filter(({ redOn }) => redOn === standIn)
    const results = run(standIn, rows)
    // One test may show several promises.
    for (const row of new Map(rows.map(row => [`${row.file} > ${row.test}`, row])).values()) {
      count++
      const weakness = weaknessOf(row, results)
      if (weakness !== undefined) weaknesses.push(`${row.at} on ${standIn}: ${row.file} > ${row.test}\n  ${weakness}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

for (const weakness of weaknesses) console.log(weakness)
console.log('Tests of promises, red on runtimes that do not keep them:')
console.log(`      Tests  ${count - weaknesses.length} passed, ${weaknesses.length} failed`)
if (weaknesses.length > 0) process.exitCode = 1
