import { loadApp } from '../app.ts'
import { defineCommand } from '../command.ts'
import type { Finding } from '../doctor/check.ts'
import { consulted, linesOf } from '../doctor/consult.ts'
import { fileCheck, lookInto } from '../doctor/directory.ts'
import { packageChecks } from '../doctor/packages.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Given } from '../flag.ts'
import { app, json } from '../flags.ts'
import { marked } from '../marks.ts'
import { say } from '../output.ts'
import { inJournal } from '../where.ts'

const flags = { app, json }

export const doctor = defineCommand({
  name: 'doctor',
  help: {
    'doctor [DIR]':
      'whether Troupe can run here; how a directory, its parties, dead letters and readers are, and what to do',
  },
  flags,
  words: [0, 1],
  run: ([directory], given, signal) => consult(directory, given, signal),
})

/** Columns of the longest name of a check. */
const width = 13

/** Milliseconds that the check of a file or a package may take. */
const limit = 60_000

/**
 * Checks what Troupe needs of this machine and, if one is named, a data directory.
 *
 * @throws UsageError, AppError; the reason of the signal
 */
async function consult(
  directory: string | undefined,
  { json, app: module }: Given<typeof flags>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const app = module === undefined ? undefined : await loadApp(module)
  const findings: Finding[] = []
  const told = (finding: Finding) => {
    findings.push(finding)
    if (json) say(JSON.stringify({ kind: 'check', ...finding }))
    else for (const line of linesOf(finding, width, process.stdout.columns)) say(line)
  }
  const checks = [...packageChecks, ...(directory === undefined ? [] : [fileCheck(directory)])]
  const isHealthy = await consulted(checks, { limit, signal, told })
  if (isHealthy && directory !== undefined)
    await inJournal(directory, async journal => {
      for await (const finding of lookInto({ directory, journal, app }, signal)) told(finding)
    })
  const failed = findings.filter(({ how }) => how === 'failed')
  if (json) say(JSON.stringify({ kind: 'result', ok: failed.length === 0 }))
  else say(`${marked(failed.length > 0 ? 'failed' : 'ok')}  ${verdict(failed.length, directory)}`)
  if (failed.length === 0) return exitCodes.ok
  return isHealthy && failed.every(({ check }) => check !== 'journal') ? exitCodes.failed : exitCodes.environment
}

function verdict(failed: number, directory: string | undefined): string {
  if (failed > 0) return failed === 1 ? 'One thing needs fixing.' : `${failed} things need fixing.`
  return directory === undefined
    ? 'Troupe can run here. To look at data too: troupe doctor DIR'
    : 'All is as it should be. The directory was not changed.'
}
