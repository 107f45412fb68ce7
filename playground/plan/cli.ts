#!/usr/bin/env node
import { createRuntime, EventPayloadError, IdleTimeoutError, memoryJournal } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { frameLine, resultLine, watched } from './json-lines.ts'
import { help, type Options, readOptions, UsageError } from './options.ts'
import { showProgress } from './progress.ts'
import { report } from './report.ts'

const exitCodes = { usage: 2, environment: 3, timeout: 4, interrupted: 130 } as const

/** Plans a party; `false` when the person interrupted it. */
async function plan({ inputs, json }: Options): Promise<boolean> {
  const journal = json ? watched(memoryJournal(), frame => say(frameLine(frame))) : memoryJournal()
  const runtime = await createRuntime({ party: partyPlanner, journal }).start()
  const stopShowing = showProgress(runtime, process.stderr)
  const interrupt = () => {
    // The first interruption stops in order, the second at once.
    process.once('SIGINT', () => process.exit(exitCodes.interrupted))
    void runtime.stop({ timeout: 0 })
  }
  process.once('SIGINT', interrupt)
  try {
    const party = await runtime.parties.create({ inputs })
    const { reason } = await party.idle()
    if (reason === 'stopped') return false
    // The result is the last line, so the frames of stopping come before it.
    await runtime.stop()
    say(json ? resultLine(party.id, party.state) : `\n${report(party.state, process.stdout)}`)
    return true
  } finally {
    stopShowing()
    process.off('SIGINT', interrupt)
    await runtime.stop()
  }
}

// Whoever reads may have had enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.environment)
})

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const furtherWays = `Plan yours: npm start -- "space party for 20 kids" "vegan cake"
Watch every step: npm start -- --json
`

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(help)
  else if (!(await plan(options))) process.exitCode = exitCodes.interrupted
  else if (!options.json) process.stderr.write(furtherWays)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : `${error}`}\n`)
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof EventPayloadError) return exitCodes.usage
  return error instanceof IdleTimeoutError ? exitCodes.timeout : exitCodes.environment
}
