import { inspect, styleText } from 'node:util'
import type { Frame } from '../../journal/frame.ts'
import { partyOf } from '../../mail/address.ts'
import type { Envelope } from '../../mail/envelope.ts'
import { type App, loadApp } from '../app.ts'
import { countOf } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { differenceOf } from '../difference.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { anyText, type Given, valued } from '../flag.ts'
import { app, json, verbose } from '../flags.ts'
import { statesAfter } from '../folded.ts'
import { frameLine } from '../frame-line.ts'
import { marked } from '../marks.ts'
import { say, tell } from '../output.ts'
import { UsageError } from '../usage-error.ts'
import { visible } from '../visible.ts'
import { type Source, sourceAt } from '../where.ts'

const flags = {
  app,
  party: valued('ID', 'replay one party alone', anyText),
  to: valued('N', 'replay only so many frames', text => countOf('--to', text)),
  json,
  verbose,
}

type Options = Given<typeof flags>

export const replay = defineCommand({
  name: 'replay',
  help: { 'replay WHERE': 'what happened, event by event; with --app, the states of the parties that it adds up to' },
  flags,
  words: [1, 1],
  run: ([where = ''], given, signal) => replayed(where, given, signal),
})

/** Whether something is right, and a sentence about it. */
interface Finding {
  readonly ok: boolean
  readonly what: string
}

/** Most characters of a payload that are shown. */
const shown = 100

/**
 * Shows what happened, event by event; or, with the application, the states that the events lead to.
 *
 * @throws UsageError, AppError, RecordError; what the journal throws; the reason of the signal
 */
async function replayed(where: string, options: Options, signal: AbortSignal): Promise<ExitCode> {
  const app = options.app === undefined ? undefined : await loadApp(options.app)
  const source = await sourceAt(where, signal)
  const all = source.frames.filter(
    ({ partition }) => options.party === undefined || partyOf(partition) === options.party,
  )
  if (options.party !== undefined && all.length === 0)
    throw new UsageError(`There is no party "${options.party}" in ${source.where}.${partiesIn(source.frames)}`)
  const frames = all.slice(0, options.to)
  if (!options.json) tell(`In ${visible(source.where)}: ${frames.length} of ${all.length} frames`)
  const findings: Finding[] = []
  if (source.isUnchanged !== undefined) findings.push(wholeness(source.isUnchanged))
  if (app) findings.push(...statesOf(app, source, { frames, isAll: frames.length === all.length }, options))
  else showFrames(frames, options)
  const ok = findings.every(finding => finding.ok)
  if (options.json) say(JSON.stringify({ kind: 'result', ok, frames: frames.length, of: all.length, findings }))
  else {
    for (const { ok, what } of findings) tell(`${marked(ok ? 'ok' : 'failed')}  ${visible(what)}`)
    if (!app) tell('The states that they add up to: --app MODULE, a module that exports the party.')
  }
  return ok ? exitCodes.ok : exitCodes.failed
}

function partiesIn(frames: readonly Frame[]): string {
  const ids = [...new Set(frames.flatMap(({ partition }) => partyOf(partition) ?? []))]
  return ids.length === 0 ? '' : ` There are: ${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', ...' : ''}.`
}

function showFrames(frames: readonly Frame[], { json, verbose }: Options): void {
  const began = frames[0]?.time ?? 0
  for (const frame of frames) {
    if (json) {
      say(frameLine(frame))
      continue
    }
    const { partition, time, entries } = frame
    for (const entry of entries) {
      if (entry.kind !== 'event' && entry.kind !== 'asked') continue
      const text = ` ${JSON.stringify(entry.envelope.data)}`
      const payload = verbose || text.length <= shown ? text : `${text.slice(0, shown)}...`
      const at = styleText(
        'dim',
        `${((time - began) / 1_000).toFixed(1)} s  ${visible(partition)} at ${entry.envelope.seq}`,
      )
      say(`${visible(whoSays(entry.envelope, partition))}${visible(payload)}\n    ${at}`)
    }
  }
}

function whoSays({ source, type, to }: Envelope, partition: string): string {
  const who = source === partition || source === 'outside' ? 'somebody outside' : source
  return to === undefined ? `${who} says ${type}` : `${who} says ${type} to ${to}`
}

/** Shows the states that frames lead to. The frames of a record must lead to the states that the record holds. */
function statesOf(
  { party }: App,
  source: Source,
  { frames, isAll }: { readonly frames: readonly Frame[]; readonly isAll: boolean },
  { json, app = '', party: only }: Options,
): readonly Finding[] {
  if (!party) throw new UsageError(`"${app}" exports no party, so there are no states. Let it export one as "party".`)
  const pruned = [...source.pruned.keys()].find(partition => frames.some(frame => frame.partition === partition))
  if (pruned !== undefined)
    return [
      {
        ok: false,
        what: `The oldest frames of "${pruned}" were forgotten, so they add up to no state. Name another with --party.`,
      },
    ]
  try {
    const lines = frames.map(frame => ({ kind: 'frame' as const, frame }))
    const states = statesAfter(party, lines, frames.length)
    for (const [id, state] of Object.entries(states))
      say(json ? JSON.stringify({ kind: 'state', party: id, state }) : `${visible(id)} ${inspect(state, { depth: 4 })}`)
    const recorded = source.record?.standing.parties ?? {}
    if (!isAll || only !== undefined || Object.keys(recorded).length === 0) return []
    const difference = differenceOf(recorded, states, 'parties')
    return [
      difference === undefined ? same : { ok: false, what: `They do not add up to what was recorded: ${difference}.` },
    ]
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    return [{ ok: false, what: `The frames do not add up to anything: ${why}` }]
  }
}

const same: Finding = { ok: true, what: 'They add up to the states that were recorded.' }

function wholeness(ok: boolean): Finding {
  return { ok, what: ok ? 'The file is as it was written.' : 'The file was changed after it was written.' }
}
