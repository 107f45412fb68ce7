#!/usr/bin/env node
import { createRuntime, IdleTimeoutError, memoryJournal, TroupeError } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { frameLine, watched } from './json-lines.ts'
import { help, type Options, readOptions, UsageError } from './options.ts'
import { showProgress } from './progress.ts'
import { report } from './report.ts'

const exitCodes = { ok: 0, usage: 2, environment: 3, timeout: 4, interrupted: 130 } as const

async function plan({ inputs, json }: Options): Promise<void> {
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const journal = json ? watched(memoryJournal(), frame => say(frameLine(frame))) : memoryJournal()
  const runtime = await createRuntime({ party: partyPlanner, journal }).start()
  const stopShowing = showProgress(runtime, process.stderr)
  process.once('SIGINT', () => {
    process.exitCode = exitCodes.interrupted
    process.once('SIGINT', () => process.exit(exitCodes.interrupted))
    void runtime.stop()
  })
  try {
    const party = await runtime.parties.create({ inputs })
    await party.idle()
    stopShowing()
    if (json) {
      // The result is the last line, so the frames of stopping come before it.
      await runtime.stop()
      say(JSON.stringify({ kind: 'result', ok: true, partyId: party.id, state: party.state }))
    } else {
      say(`\n${report(party.state, process.stdout)}`)
      process.stderr.write(
        'Plan yours: npm start -- "space party for 20 kids" "vegan cake"\nSee every step live: npm start -- --json\n',
      )
    }
  } finally {
    stopShowing()
    await runtime.stop()
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(help)
  else await plan(options)
} catch (error) {
  const isUsage = error instanceof UsageError || (TroupeError.is(error) && error.code === 'EVENT_PAYLOAD')
  process.stderr.write(`${error instanceof Error ? error.message : `${error}`}\n`)
  process.exitCode = isUsage
    ? exitCodes.usage
    : error instanceof IdleTimeoutError
      ? exitCodes.timeout
      : exitCodes.environment
}
