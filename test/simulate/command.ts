/** `npm run simulate`: searches for a schedule that breaks an invariant. */
import { availableParallelism } from 'node:os'
import { Crew } from './crew.ts'
import { OptionError, type Options, readOptions, usage } from './options.ts'
import { ProgressBar } from './progress-bar.ts'
import { failureText, type Summary, summaryText } from './report-text.ts'
import { addCounts, type Failure } from './search.ts'
import type { Report } from './worker.ts'

async function search(options: Options): Promise<Summary> {
  const { seed, seeds, minutes, journal, workload, fault, shrink, workers = availableParallelism() } = options
  const began = performance.now()
  const end = seeds === undefined ? Number.MAX_SAFE_INTEGER : seed + seeds
  const total = { seeds: 0, steps: 0, processes: 0, counts: new Map() }
  let failure: Failure | undefined
  const bar = new ProgressBar(options.json ? undefined : process.stderr)
  const crew = new Crew()
  const take = (report: Report) => {
    if (report.kind === 'failure') {
      failure ??= report.failure
      crew.stop()
    } else if (report.kind === 'broken') {
      bar.clear()
      if (!options.json)
        process.stderr.write(
          `Seed ${report.seed} breaks "${report.invariant}".${shrink ? ' The schedule is made shorter.' : ''}\n`,
        )
    } else {
      total.seeds += report.seeds
      total.steps += report.steps
      total.processes += report.processes
      addCounts(total.counts, report.counts)
      const seconds = (performance.now() - began) / 1_000
      bar.show(
        seeds === undefined ? seconds / 60 / (minutes ?? 1) : total.seeds / seeds,
        `${total.seeds} seeds, ${total.steps} steps`,
      )
    }
  }
  const count = Math.min(workers, seeds ?? workers)
  const shares = Array.from({ length: count }, (_, worker) => ({
    first: seed + worker,
    step: count,
    end,
    journal,
    workload,
    shrink,
  }))
  const timer = minutes === undefined ? undefined : setTimeout(() => crew.stop(), minutes * 60_000)
  try {
    await crew.run(shares, fault, take)
  } finally {
    clearTimeout(timer)
    bar.clear()
  }
  return { options, ...total, seconds: (performance.now() - began) / 1_000, workers: count, failure }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (!options.json) process.stdout.write(`The first seed is ${options.seed}.\n`)
  const summary = await search(options)
  if (options.json) {
    const { counts, failure, ...rest } = summary
    process.stdout.write(
      `${JSON.stringify({ ...rest, counts: Object.fromEntries(counts), ...(failure && { failure }) })}\n`,
    )
  } else {
    process.stdout.write(summaryText(summary))
    if (summary.failure) process.stdout.write(failureText(summary.failure, summary.options))
  }
  if (summary.failure) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : `${error}`}\n`)
  if (error instanceof OptionError) process.stderr.write(usage)
  process.exitCode = error instanceof OptionError ? 2 : 1
}
