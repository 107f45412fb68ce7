/**
 * Mutation testing: changes the sources in small ways, and says which changes no test notices.
 *
 *   npm run mutate -- [FILES] [--json] [--tests N] [--least SCORE] [--quiet]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { equivalents, isMeant, lineOf } from './equivalent.ts'
import { Hunt } from './hunt.ts'
import { type Mutant, mutate } from './mutants.ts'
import { allTests, namedAfter, root, subjects, testsOf, whyNot } from './subjects.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    tests: { type: 'string', default: '100' },
    quiet: { type: 'boolean' },
    least: { type: 'string', default: '0' },
  },
})
const files = positionals.length > 0 ? positionals : subjects
const others = Number(values.tests)
const faults = files.flatMap(file => whyNot(file) ?? [])
if (!Number.isInteger(others) || others < 0) faults.push(`--tests is "${values.tests}". Give a whole number from 0 on.`)
const least = Number(values.least)
if (!(least >= 0 && least <= 100)) faults.push(`--least is "${values.least}". Give a score from 0 to 100.`)
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(2)

const started = performance.now()
const tell = (line: string) => {
  if (!values.quiet) console.error(`${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s  ${line}`)
}

const sources = new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
const mutants: Mutant[] = []
for (const [file, source] of sources) mutants.push(...mutate(file, source, mutants.length + 1, '').mutants)
const lines = new Map([...sources].map(([file, source]) => [file, source.split('\n')]))
const linesOf = (file: string) => lines.get(file) ?? []

const known = equivalents().filter(({ file }) => sources.has(file))
const stale = known.filter(entry => !mutants.some(mutant => isMeant(entry, mutant, linesOf(mutant.file))))
const equivalent = new Set(
  mutants.filter(mutant => known.some(entry => isMeant(entry, mutant, linesOf(mutant.file)))).map(({ id }) => id),
)

const hunt = new Hunt(
  files,
  mutants.filter(({ id }) => !equivalent.has(id)),
  tell,
)
const own = [...new Set(files.flatMap(testsOf))]
tell(
  `${mutants.length} mutants in ${files.length} files, ${equivalent.size} of them equivalent; ${own.length} files of tests`,
)
await hunt.tryAll(own, Number.MAX_SAFE_INTEGER)
await hunt.tryAtLoad(namedAfter)
if (others > 0)
  await hunt.tryAll(
    allTests().filter(test => !own.includes(test)),
    others,
  )

const report = files.map(file => {
  const all = mutants.filter(mutant => mutant.file === file && !equivalent.has(mutant.id))
  const survivors = all.filter(({ id }) => hunt.alive.has(id))
  const score = all.length === 0 ? 100 : (100 * (all.length - survivors.length)) / all.length
  return { file, score, mutants: all.length, survivors }
})

if (values.json) {
  const survivorsOf = (survivors: readonly Mutant[]) =>
    survivors.map(({ id: _, ...mutant }) => ({
      ...mutant,
      text: lineOf({ id: _, ...mutant }, linesOf(mutant.file)),
      reached: hunt.isReached(_),
    }))
  const list = report.map(row => ({ ...row, survivors: survivorsOf(row.survivors) }))
  console.log(JSON.stringify({ files: list, unfit: [...hunt.unfit.values()], stale }, undefined, 2))
} else {
  for (const { file, score, mutants, survivors } of report) {
    console.log(`${score.toFixed(1).padStart(6)} %  ${mutants - survivors.length} of ${mutants}  ${file}`)
    for (const { id, line, column, operator, original, replacement } of survivors) {
      const place = `${file}:${line}:${column}`
      console.log(`  ${place}  ${operator}${hunt.isReached(id) ? '' : ' (reached by no test)'}`)
      console.log(`    - ${original.replaceAll(/\s+/g, ' ')}\n    + ${replacement.replaceAll(/\s+/g, ' ')}`)
    }
  }
  for (const name of hunt.unfit.values())
    console.log(`Without a mutant, this test fails here, and was not used: ${name}`)
  for (const { file, line, original, replacement } of stale)
    console.log(
      `Not a mutant any more; remove it from equivalent.json: ${file}: ${line} (${original} -> ${replacement})`,
    )
}
if (hunt.tests === 0) console.error('No test ran, so nothing is known. MUTATION_DEBUG=1 shows what vitest says.')
if (stale.length > 0 || hunt.tests === 0 || report.some(({ score }) => score < least)) process.exitCode = 1
