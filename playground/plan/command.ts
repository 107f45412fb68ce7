import { createRuntime, EventPayloadError, type Frame, IdleTimeoutError, memoryJournal, type Runtime } from 'troupe'
import { type PlannerState, partyPlanner } from 'troupe/agents'
import { sqliteJournal } from 'troupe/sqlite'
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { frameLine } from '../../src/cli/frame-line.ts'
import { say, tell } from '../../src/cli/output.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { type Planned, restOfEarlier } from './earlier.ts'
import { resultLine } from './json-lines.ts'
import { help, type Options, readOptions, sampleInputs } from './options.ts'
import { showProgress } from './progress.ts'
import { reports } from './report.ts'
import { watched } from './watched.ts'

/** Plans what is wanted, and shows it; `false` when the person interrupted it. */
async function plan({ inputs, data, json }: Options): Promise<boolean> {
  const written = new Set<string>()
  const onFrame = (frame: Frame) => {
    if (frame.cause.kind !== 'recovery') written.add(frame.partition)
    if (json) say(frameLine(frame))
  }
  const journal = data === undefined ? memoryJournal() : sqliteJournal({ directory: data })
  const runtime = createRuntime({ party: partyPlanner, journal: watched(journal, onFrame) })
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
    // The first interruption stops in order, the second at once.
    process.once('SIGINT', () => process.exit(exitCodes.interrupted))
    void runtime.stop({ timeout: 0 })
  }
  process.once('SIGINT', interrupt)
  try {
    await runtime.start()
    const parties = await partiesOf(runtime, inputs, id => written.has(`party/${id}`))
    // The result is the last line, so the frames of stopping come before it.
    await runtime.stop()
    if (!isInterrupted) show(parties, json)
  } catch (error) {
    if (!isInterrupted) throw error
  } finally {
    process.off('SIGINT', interrupt)
    await runtime.stop({ timeout: 0 })
  }
  return !isInterrupted
}

/** The parties to show, the newest last: what earlier runs have left, and the one that is planned now. */
async function partiesOf<S extends PlannerState>(
  runtime: Runtime<S>,
  inputs: readonly string[] | undefined,
  hasWritten: (partyId: string) => boolean,
): Promise<readonly Planned[]> {
  const earlier = await restOfEarlier(runtime, hasWritten, tell)
  const wanted = inputs ?? (earlier.isNone ? sampleInputs : undefined)
  if (wanted) return [...earlier.wentOn, await planned(runtime, wanted)]
  if (earlier.parties.length === 0) throw new Error('Nothing of what is there can be shown. Say what to plan instead.')
  return earlier.parties
}

async function planned<S extends PlannerState>(runtime: Runtime<S>, inputs: readonly string[]): Promise<Planned> {
  const stopShowing = showProgress(runtime, process.stderr)
  try {
    const party = await runtime.parties.create({ inputs })
    await party.idle()
    return party
  } finally {
    stopShowing()
  }
}

function show(parties: readonly Planned[], json: boolean): void {
  const newest = parties.at(-1)
  if (!json) say(`\n${reports(parties, process.stdout)}`)
  else if (newest) say(resultLine(newest.id, newest.state))
}

/** How the same directory is used again. */
function again(data: string): string {
  return `npm start -- --data ${/^[\w./-]+$/.test(data) ? data : JSON.stringify(data)}`
}

function furtherWays({ data }: Options): string {
  return [
    'Plan yours: npm start -- "space party for 20 kids" "vegan cake"',
    data === undefined ? 'Keep it: npm start -- --data parties' : `Show all that is kept: ${again(data)}`,
    'Watch every step: npm start -- --json',
  ].join('\n')
}

/** Runs what a command line says, and returns how it ended. Errors are printed. */
export async function command(args: readonly string[]): Promise<ExitCode> {
  try {
    return await main(readOptions(args))
  } catch (error) {
    tell(error instanceof Error ? error.message : `${error}`)
    return exitCodeOf(error)
  }
}

async function main(options: Options): Promise<ExitCode> {
  if (options.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  if (await plan(options)) {
    if (!options.json) tell(furtherWays(options))
    return exitCodes.ok
  }
  if (options.data !== undefined) tell(`Interrupted. Go on: ${again(options.data)}`)
  return exitCodes.interrupted
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof EventPayloadError) return exitCodes.usage
  return error instanceof IdleTimeoutError ? exitCodes.timeout : exitCodes.environment
}
