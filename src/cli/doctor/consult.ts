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
  /** The last sentence: if all checks passed, and if a check failed. */
  readonly verdicts: readonly [good: string, bad: string]
}

/** Runs checks, and prints the result of each at once. @throws the reason of the signal */
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
 * A finding as lines for people.
 *
 * @param width of the names of checks
 * @param columns of the terminal; without a terminal, lines are not wrapped
 */
export function linesOf({ check, how, says, fix }: Finding, width: number, columns?: number): readonly string[] {
  const indent = width + 12
  const fitting = (text: string) =>
    columns === undefined ? [visible(text)] : wrap(visible(text), Math.max(narrowest, columns - indent))
  const [first = '', ...rest] = fitting(says)
  const below = [...rest, ...(fix === undefined ? [] : fitting(fix))]
  return [`${marked(how)}  ${check.padEnd(width)}  ${first}`, ...below.map(line => `${' '.repeat(indent)}${line}`)]
}

/** Least columns of a text, even if the terminal is narrower. */
const narrowest = 30

interface Examination {
  /** Milliseconds that each check may take. */
  readonly limit?: number
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Called with the result of each check at once. */
  readonly told: (finding: Finding) => void
}

/** Runs checks one after the other, and returns whether all passed. @throws the reason of the signal */
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
