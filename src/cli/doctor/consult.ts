import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { marked } from '../marks.ts'
import { say, tell } from '../output.ts'
import { visible } from '../visible.ts'
import { wrap } from '../wrap.ts'
import { type Check, examined, type Finding } from './check.ts'

interface Consultation {
  readonly json: boolean
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** The last sentence: if all is as it should be, and if something is not. */
  readonly verdicts: readonly [good: string, bad: string]
}

/** Makes checks, and prints each as soon as it is over. @throws the reason of the signal */
export async function consultDoctor(
  checks: readonly Check[],
  { json, signal, verdicts: [good, bad] }: Consultation,
): Promise<ExitCode> {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const told = (finding: Finding) => {
    if (json) say(JSON.stringify({ kind: 'check', ...finding }))
    else for (const line of linesOf(finding, width, process.stderr.columns)) tell(line)
  }
  const ok = await consulted(checks, { signal, told })
  if (json) say(JSON.stringify({ kind: 'result', ok }))
  else tell(ok ? `${marked('ok')}  ${good}` : `${marked('failed')}  ${bad}`)
  return ok ? exitCodes.ok : exitCodes.environment
}

/**
 * A finding as people read it.
 *
 * @param width of the names of checks
 * @param columns of the terminal; elsewhere lines are as long as they are
 */
export function linesOf({ check, how, says, mend }: Finding, width: number, columns?: number): readonly string[] {
  const indent = width + 12
  const fitting = (text: string) =>
    columns === undefined ? [visible(text)] : wrap(visible(text), Math.max(narrowest, columns - indent))
  const [first = '', ...rest] = fitting(says)
  const below = [...rest, ...(mend === undefined ? [] : fitting(mend))]
  return [`${marked(how)}  ${check.padEnd(width)}  ${first}`, ...below.map(line => `${' '.repeat(indent)}${line}`)]
}

/** Columns that a text has at least, however narrow the terminal is. */
const narrowest = 30

interface Examination {
  /** Milliseconds that each check may take. */
  readonly limit?: number
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Called for each check as soon as it is over. */
  readonly told: (finding: Finding) => void
}

/** Makes checks one after the other, and returns whether none of them failed. @throws the reason of the signal */
export async function consulted(
  checks: readonly Check[],
  { limit = 10_000, signal, told }: Examination,
): Promise<boolean> {
  let ok = true
  for (const check of checks) {
    const finding = await examined(check, { limit, signal })
    if (finding.how === 'failed') ok = false
    told(finding)
  }
  return ok
}
