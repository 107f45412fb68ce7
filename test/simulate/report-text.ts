import { type Kind, kinds } from './disturbances.ts'
import type { Options } from './options.ts'
import type { Failure } from './search.ts'

/** What a search did. */
export interface Summary {
  readonly options: Options
  readonly seeds: number
  readonly steps: number
  readonly processes: number
  readonly counts: ReadonlyMap<Kind, number>
  readonly seconds: number
  readonly workers: number
  readonly failure: Failure | undefined
}

const number = (value: number) => Math.round(value).toLocaleString('en-US')

export function summaryText({ options, seeds, steps, processes, counts, seconds, workers, failure }: Summary): string {
  const rows = kinds.flatMap(kind => {
    const count = counts.get(kind)
    return count === undefined ? [] : [`  ${number(count).padStart(10)}  ${kind}`]
  })
  return [
    `${number(seeds)} seeds on the journal ${options.journal}, ${number(processes)} processes, ${number(steps)} steps in ${seconds.toFixed(1)} s: ${number(steps / seconds)} steps a second with ${workers} workers.`,
    'Disturbances:',
    ...rows,
    failure ? '' : 'No invariant was broken.',
    '',
  ].join('\n')
}

/** The longest trace that is printed. */
const mostLines = 300

export function failureText({ seed, workload, broken, shortest, trace }: Failure, { journal, fault }: Options): string {
  const lines =
    trace.length > mostLines ? [`  (${trace.length - mostLines} lines before)`, ...trace.slice(-mostLines)] : trace
  return [
    `Seed ${seed} breaks "${broken.invariant}" (workload ${workload}): ${broken.what}`,
    '',
    `The shortest schedule that still fails: ${shortest.what}`,
    ...lines,
    '',
    `Repeat it with: npm run simulate -- --seed ${seed} --seeds 1 --journal ${journal} --workload ${workload}${fault === undefined ? '' : ` --fault ${fault}`}`,
    '',
  ].join('\n')
}
