import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Checkpoint, Journal } from '../../journal/journal.ts'
import { addressOf } from '../../mail/address.ts'
import { fieldsOf } from '../../values/value.ts'
import { loadApp } from '../app.ts'
import { asJson } from '../as-json.ts'
import { counted } from '../bytes.ts'
import { defineCommand } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Given } from '../flag.ts'
import { app, json } from '../flags.ts'
import { say, tell } from '../output.ts'
import { recordTo, type Standing } from '../record.ts'
import { survey } from '../survey.ts'
import { UsageError } from '../usage-error.ts'
import { inJournal, isDirectory } from '../where.ts'

const flags = { app, json }

type Options = Given<typeof flags>

export const record = defineCommand({
  name: 'record',
  help: { 'record DIR FILE': 'all of a directory in one file, to be kept or sent' },
  flags,
  words: [2, 2],
  run: ([directory = '', file = ''], given, signal) => write(directory, file, given, signal),
})

/**
 * Writes all frames of a data directory and the machines of its agents into one file; with the application, also the states of
 * its parties. Partitions that cannot be read are left out.
 *
 * @throws UsageError, AppError, RecordFileError, UnfitFileError; what the journal throws; the reason of the signal
 */
async function write(directory: string, file: string, options: Options, signal: AbortSignal): Promise<ExitCode> {
  if (!isDirectory(directory)) throw new UsageError(`"${directory}" is a file. Name a data directory: record DIR FILE`)
  if (isIn(directory, file))
    throw new UsageError(`"${file}" is in the data directory, and that is not changed. Name a file in another one.`)
  return await inJournal(directory, journal => recorded(journal, { directory, file }, options, signal))
}

function isIn(directory: string, file: string): boolean {
  const folder = dirname(resolve(file))
  return existsSync(folder) && realpathSync(folder) === realpathSync(directory)
}

async function recorded(
  journal: Journal,
  { directory, file }: { readonly directory: string; readonly file: string },
  { app: module, json }: Options,
  signal: AbortSignal,
): Promise<ExitCode> {
  const app = module === undefined ? undefined : await loadApp(module)
  const writer = recordTo(file, { from: directory })
  let frames = 0
  const parties: Record<string, unknown> = {}
  const agents: Record<string, unknown> = {}
  const faults: string[] = []
  try {
    for await (const found of survey(journal, app, signal)) {
      const { partition, party, pruned, fault, standing, checkpoints, state } = found
      if (!standing) {
        faults.push(`${partition} is left out: ${fault}`)
        continue
      }
      if (fault !== undefined) faults.push(`${partition} is in it without its state: ${fault}`)
      if (pruned > 0) faults.push(`The frames of ${partition} up to ${pruned} were forgotten; they are not in it.`)
      for await (const frame of journal.read(partition, pruned)) {
        writer.frame(frame)
        frames++
      }
      for (const [name, one] of checkpoints) agents[addressOf(partition, name)] = machineOf(one)
      if (party !== undefined && state && pruned === 0) parties[party] = state
    }
    const standing: Standing = asJson({ parties, agents })
    writer.end(standing)
  } finally {
    writer.close()
  }
  if (json) say(JSON.stringify({ kind: 'result', ok: faults.length === 0, file, frames, faults }))
  for (const fault of faults) tell(fault)
  if (!json) tell(`Wrote ${counted(frames, 'frame')} to ${file}. To look at them: troupe replay ${file}`)
  return faults.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** The state of an agent's machine. */
function machineOf({ snapshot }: Checkpoint): unknown {
  if (typeof snapshot !== 'object' || snapshot === null) return undefined
  const { status, value, context } = fieldsOf(snapshot)
  return { status, value, context }
}
