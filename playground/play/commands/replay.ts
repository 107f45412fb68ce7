import { inspect } from 'node:util'
import { countOf } from '../../../src/cli/arguments.ts'
import { defineCommand } from '../../../src/cli/command.ts'
import { differenceOf } from '../../../src/cli/difference.ts'
import { type ExitCode, exitCodes } from '../../../src/cli/exit-codes.ts'
import { type Given, onOff, valued } from '../../../src/cli/flag.ts'
import { within } from '../../../src/cli/interruption.ts'
import { marked } from '../../../src/cli/marks.ts'
import { say, tell } from '../../../src/cli/output.ts'
import { type RunRecord, readRecord } from '../../../src/cli/record.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'
import { visible } from '../../../src/cli/visible.ts'
import type { Scenario } from '../../stage/scenario.ts'
import { scenarioNamed } from '../cast.ts'
import { json, timeout } from '../flags.ts'
import { partiesAfter, playedOtherwise } from '../verify.ts'

const flags = {
  to: valued('N', 'replay only so many of its frames', text => countOf('--to', text)),
  verify: onOff('play it again as well, and compare every frame and the end; the first difference is named'),
  json,
  timeout,
}

type Options = Given<typeof flags>

export const replay = defineCommand({
  name: 'replay',
  help: {
    'replay FILE': 'how the parties of a record stand in the end, and whether that is where the run ended',
  },
  flags,
  words: [1, 1],
  misused: () => 'Name one record: replay FILE. To make one: run NAME --record FILE',
  run: ([file = ''], given, signal) => replayed(file, given, signal),
})

/** Whether something about a record is as it should be, in a sentence. */
interface Finding {
  readonly ok: boolean
  readonly what: string
}

/**
 * Shows how the parties of a record stand after its frames, or so many of them, and whether that is where the run ended; on
 * demand, plays all of it again to see whether that comes to the same.
 *
 * @throws RecordError, UsageError; what the file system throws; LateError; the reason of the signal
 */
async function replayed(file: string, options: Options, signal: AbortSignal): Promise<ExitCode> {
  const record = readRecord(file)
  const { scenario: id, seed } = record
  if (id === undefined || seed === undefined) throw new UsageError(ofDirectory(file))
  const scenario = await scenarioNamed(id)
  const of = record.lines.filter(({ kind }) => kind === 'frame').length
  const frames = Math.min(options.to ?? of, of)
  if (!options.json) tell(`${id}, seed ${seed}, recorded with Node ${visible(record.node)}: ${frames} of ${of} frames`)
  const findings = [...folded(scenario, record, { ...options, frames, isAll: frames === of }), wholeness(record)]
  if (options.verify) findings.push(await playedAgain(scenario, record, options, signal))
  const ok = findings.every(finding => finding.ok)
  if (options.json) say(JSON.stringify({ kind: 'result', ok, id, seed, frames, of, findings }))
  else for (const { ok, what } of findings) tell(`${marked(ok ? 'ok' : 'failed')}  ${visible(what)}`)
  return ok ? exitCodes.ok : exitCodes.failed
}

interface Folding {
  readonly frames: number
  readonly isAll: boolean
  readonly json: boolean
}

function ofDirectory(file: string): string {
  return `"${file}" is a record of a data directory, not of a scenario. Replay it with: npx troupe replay ${file}`
}

/** Shows what frames add up to; all of them have to add up to the end of the run. */
function folded(scenario: Scenario, record: RunRecord, { frames, isAll, json }: Folding): readonly Finding[] {
  try {
    const parties = partiesAfter(scenario, record, frames)
    for (const [id, state] of Object.entries(parties))
      say(json ? JSON.stringify({ kind: 'state', party: id, state }) : `${visible(id)} ${inspect(state, { depth: 4 })}`)
    return isAll ? [endOf(record, parties)] : []
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    return [{ ok: false, what: `The frames do not add up to anything: ${why}` }]
  }
}

function endOf({ standing }: RunRecord, parties: Readonly<Record<string, unknown>>): Finding {
  const difference = differenceOf(standing.parties, parties, 'parties')
  if (difference !== undefined)
    return { ok: false, what: `The frames do not add up to the end of the run: ${difference}.` }
  if (Object.keys(parties).length > 0) return { ok: true, what: 'The frames add up to the end of the run.' }
  return { ok: true, what: 'There is no party in the end; how its agents ended is looked at with --verify.' }
}

function wholeness({ isUnchanged: ok }: RunRecord): Finding {
  return { ok, what: ok ? 'The record is as it was written.' : 'The record was changed after it was written.' }
}

/** @throws LateError; the reason of the signal */
async function playedAgain(
  scenario: Scenario,
  record: RunRecord,
  { timeout }: Options,
  signal: AbortSignal,
): Promise<Finding> {
  const difference = await within(timeout, signal, either => playedOtherwise(scenario, record, either))
  if (difference !== undefined) return { ok: false, what: difference }
  const { parties, agents } = record.standing
  const counts = `${Object.keys(parties).length} parties and ${Object.keys(agents).length} agents`
  return { ok: true, what: `Played again, every frame is the same, and so are ${counts} in the end.` }
}
