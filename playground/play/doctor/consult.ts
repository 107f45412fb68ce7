import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { say, tell } from '../../output.ts'
import { marked } from '../report.ts'
import type { Check, Finding } from './check.ts'
import { checks, consulted } from './doctor.ts'

interface Consultation {
  readonly json: boolean
  /** Somebody has had enough. */
  readonly signal: AbortSignal
  /** What is looked at besides. */
  readonly also?: readonly Check[]
}

/** Makes all checks, and tells each as soon as it is over. @throws the reason of the signal */
export async function consultDoctor({ json, signal, also = [] }: Consultation): Promise<ExitCode> {
  const all = [...also, ...checks]
  const width = Math.max(...all.map(({ name }) => name.length))
  const told = (finding: Finding) => {
    if (json) say(JSON.stringify({ kind: 'check', ...finding }))
    else for (const line of linesOf(finding, width)) tell(line)
  }
  const ok = await consulted(all, { signal, told })
  if (json) say(JSON.stringify({ kind: 'result', ok }))
  else
    tell(
      ok ? `${marked('ok')}  Everything here can run.` : `${marked('failed')}  Something that is needed is not there.`,
    )
  return ok ? exitCodes.ok : exitCodes.environment
}

function linesOf({ check, how, says, mend }: Finding, width: number): readonly string[] {
  const line = `${marked(how)}  ${check.padEnd(width)}  ${says}`
  return mend === undefined ? [line] : [line, `${' '.repeat(width + 12)}${mend}`]
}
