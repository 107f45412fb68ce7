import { join } from 'node:path'
import { consultDoctor } from '../../src/cli/doctor/consult.ts'
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { agentLines, chartsOf } from '../../src/cli/export.ts'
import { faultText } from '../../src/cli/fault.ts'
import { frameLine } from '../../src/cli/frame-line.ts'
import { untilInterrupted } from '../../src/cli/interruption.ts'
import { hasColours, isDrawable, say, tell } from '../../src/cli/output.ts'
import { type RecordWriter, recordTo } from '../../src/cli/record.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { findScenarios } from '../scenarios/find.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { agentsOf } from './agents.ts'
import { createBar } from './bar.ts'
import { checkKnown, scenarioNamed, scenariosNamed } from './cast.ts'
import { checks, verdicts } from './doctor/doctor.ts'
import { listed, scenarioLine } from './list.ts'
import { help, type Options, readOptions } from './options.ts'
import { picked } from './picker.ts'
import { replay } from './replay.ts'
import { Report } from './report.ts'
import { type Ended, resultLine, run } from './run.ts'
import { standingIn } from './standing.ts'
import { tellWatcher } from './watch/count.ts'
import { inProcesses } from './watch/running.ts'
import { watch } from './watch/watch.ts'
import { why } from './why.ts'

/** Plays these, and shows how it goes. @throws the reason of the signal */
async function play(scenarios: readonly Scenario[], options: Options, signal: AbortSignal): Promise<ExitCode> {
  const { json, quiet, verbose, speed, timeout } = options
  const bar = createBar(process.stderr, scenarios.length, 'scenarios', quiet)
  const report = new Report(json && !verbose ? () => {} : bar.line, quiet)
  const ends: Ended[] = []
  let record: RecordWriter | undefined
  try {
    for (const scenario of scenarios) {
      const { id } = scenario
      const seed = options.seed ?? scenario.seed
      report.begins(scenario, seed)
      if (options.record !== undefined) record = recordTo(options.record, { scenario: id, seed })
      const ended = await run(scenario, {
        seed,
        timeout,
        speed,
        signal,
        onFrame: frame => {
          record?.frame(frame)
          if (json) say(frameLine(frame, { scenario: id }))
          if (verbose) report.frame(frame)
        },
        onForgotten: partition => record?.forgotten(partition),
        onEnd: runtime => record?.end(standingIn(runtime)),
        told: one => report.told(id, one),
      })
      ends.push(ended)
      report.ended(ended)
      if (json) say(resultLine(ended))
      bar.at(ends.length)
    }
    tellWatcher({ ok: ends.filter(({ ok }) => ok).length, of: ends.length })
    return exitCodeOf(ends)
  } finally {
    // Of what was played until then, if somebody has had enough.
    report.all(ends, scenarios.length)
    record?.close()
    bar.end()
  }
}

function exitCodeOf(ends: readonly Ended[]): ExitCode {
  if (ends.every(({ ok }) => ok)) return exitCodes.ok
  return ends.some(({ ok, isLate }) => !ok && !isLate) ? exitCodes.failed : exitCodes.timeout
}

async function list({ json }: Options): Promise<ExitCode> {
  const scenarios = await findScenarios()
  if (json) for (const scenario of scenarios) say(scenarioLine(scenario))
  else say(listed(scenarios))
  return exitCodes.ok
}

/** Plays what was asked for whenever a file changes, each time in another process. */
function playAndWatch(signal: AbortSignal): Promise<never> {
  const args = process.argv.slice(1).filter(arg => arg !== '--watch')
  const env = hasColours(process.stderr) ? { ...process.env, FORCE_COLOR: '1' } : process.env
  // A signal that ends this process ends the other one too.
  process.once('SIGHUP', () => process.exit(exitCodes.interrupted))
  return watch({
    root: join(import.meta.dirname, '..', '..'),
    folders: ['src', 'agents', 'playground'],
    begin: inProcesses([...process.execArgv, ...args], { env }),
    line: tell,
    signal,
  })
}

async function choose(options: Options): Promise<ExitCode> {
  if (!process.stdin.isTTY || !isDrawable(process.stderr) || options.json) return await list(options)
  const name = await picked(await findScenarios())
  if (name === undefined) return exitCodes.interrupted
  const scenario = await scenarioNamed(name)
  return await untilInterrupted(signal => play([scenario], options, signal))
}

async function main(options: Options): Promise<ExitCode> {
  if (options.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  if (!options.color) process.env['NO_COLOR'] = '1'
  switch (options.command) {
    case undefined:
      return await choose(options)
    case 'list':
      return await list(options)
    case 'export':
      for (const scenario of await scenariosNamed(options.names)) {
        const agents = agentsOf(scenario)
        for (const text of options.json ? agentLines(agents) : [chartsOf(agents)]) say(text)
      }
      return exitCodes.ok
    case 'replay':
      return await untilInterrupted(signal => replay(options.names[0] ?? '', options, signal))
    case 'inspect':
      return await untilInterrupted(async signal => {
        // The packages that this command needs are loaded only when it runs.
        const { inspect } = await import('./inspect.ts')
        return await inspect(options.names[0] ?? 'jungle-party', options, signal)
      })
    case 'why':
      return await untilInterrupted(signal => why(options.names[0] ?? '', options.names[1], options, signal))
    case 'doctor':
      return await untilInterrupted(signal => consultDoctor(checks, { json: options.json, signal, verdicts }))
    case 'run':
      // A file that is watched may be broken now, and mended by the next change.
      for (const name of options.names) checkKnown(name)
      return await untilInterrupted(async signal => {
        if (options.watch) return await playAndWatch(signal)
        return await play(options.all ? await findScenarios() : await scenariosNamed(options.names), options, signal)
      })
  }
}

/** Does what the words of a command line say, and returns how that ended; errors are told. */
export async function command(args: readonly string[]): Promise<ExitCode> {
  try {
    return await main(readOptions(args))
  } catch (error) {
    tell(faultText(error))
    return error instanceof UsageError ? exitCodes.usage : exitCodes.environment
  }
}
