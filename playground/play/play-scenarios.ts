import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts'
import { frameLine } from '../../src/cli/frame-line.ts'
import { say } from '../../src/cli/output.ts'
import { type RecordWriter, recordTo } from '../../src/cli/record.ts'
import type { Scenario } from '../stage/scenario.ts'
import { createBar } from './bar.ts'
import { Report } from './report.ts'
import { type Ended, resultLine, runOne } from './run-one.ts'
import { standingIn } from './standing.ts'
import { tellWatcher } from './watch/count.ts'

/** How scenarios are played and shown. */
interface Choices {
  readonly json: boolean
  /** None: each scenario has its own. */
  readonly seed: number | undefined
  /** The file that the run is written to. */
  readonly record: string | undefined
  /** How many times faster than a clock on the wall; none: as fast as it goes. */
  readonly speed: number | undefined
  /** Milliseconds that one scenario may take. */
  readonly timeout: number
  readonly quiet: boolean
  readonly verbose: boolean
}

/** How they are played where nothing else is typed. */
export const usual: Choices = {
  json: false,
  seed: undefined,
  record: undefined,
  speed: undefined,
  timeout: 60_000,
  quiet: false,
  verbose: false,
}

/** Plays scenarios one after the other, and shows how it goes. @throws the reason of the signal */
export async function playScenarios(
  scenarios: readonly Scenario[],
  choices: Choices,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { json, quiet, verbose, speed, timeout } = choices
  const bar = createBar(process.stderr, scenarios.length, 'scenarios', quiet)
  const report = new Report(json && !verbose ? () => {} : bar.line, quiet)
  const ends: Ended[] = []
  let record: RecordWriter | undefined
  try {
    for (const scenario of scenarios) {
      const { id } = scenario
      const seed = choices.seed ?? scenario.seed
      report.begins(scenario, seed)
      if (choices.record !== undefined) record = recordTo(choices.record, { scenario: id, seed })
      const ended = await runOne(scenario, {
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
    // After an interruption it shows what was played until then.
    report.all(ends, scenarios.length)
    record?.close()
    bar.end()
  }
}

function exitCodeOf(ends: readonly Ended[]): ExitCode {
  if (ends.every(({ ok }) => ok)) return exitCodes.ok
  return ends.some(({ ok, isLate }) => !ok && !isLate) ? exitCodes.failed : exitCodes.timeout
}
