import { createHash } from 'node:crypto'
import { closeSync, constants, existsSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import * as z from 'zod'
import type { Frame } from '../journal/frame.ts'
import { isDeeper } from '../values/value.ts'
import { beginningOf, checkKind, readRegularFile, UnfitFileError } from './regular-file.ts'

/** The version of the format. */
const version = 2

/** Most bytes of a record, because all of it is held in memory. The longest record of a scenario has 3 MiB. */
const most = 64 * 1_024 * 1_024

const headLine = z.object({
  kind: z.literal('record'),
  version: z.int(),
  scenario: z.string().optional(),
  seed: z.int().optional(),
  from: z.string().optional(),
  node: z.string(),
})
// Only the shape is checked: the frame is compared with a played frame later.
const frameLine = z.object({ kind: z.literal('frame'), frame: z.custom<Frame>(isFrame) })
const forgottenLine = z.object({ kind: z.literal('forgotten'), partition: z.string() })
const things = z.record(z.string(), z.unknown())
const standingLine = z.object({ kind: z.literal('standing'), parties: things, agents: things })
const endLine = z.object({ kind: z.literal('end'), lines: z.int(), hash: z.string() })
const line = z.discriminatedUnion('kind', [headLine, frameLine, forgottenLine, standingLine, endLine])

/** A recorded fact: a frame of the journal, or that the journal forgot a partition. */
export type RecordedLine = z.infer<typeof frameLine> | z.infer<typeof forgottenLine>

/** The states of parties by id, and the machines of agents by address, at one moment. */
export interface Standing {
  readonly parties: Readonly<Record<string, unknown>>
  readonly agents: Readonly<Record<string, unknown>>
}

/** The origin of a record. */
export interface Recorded {
  /** The scenario that was played, and its seed. */
  readonly scenario?: string | undefined
  readonly seed?: number | undefined
  /** The directory that was read, if the record is not of a scenario. */
  readonly from?: string | undefined
}

/** The record of one run. */
export interface RunRecord extends Recorded {
  /** The version of Node that it was played on. */
  readonly node: string
  readonly lines: readonly RecordedLine[]
  /** The standing at the end. */
  readonly standing: Standing
  /** Whether no line was changed since it was written. */
  readonly isUnchanged: boolean
}

/** A record that is being written. */
export interface RecordWriter {
  frame(frame: Frame): void
  forgotten(partition: string): void
  /** Completes the record. */
  end(standing: Standing): void
  close(): void
}

/** Writes a run as lines of JSON. The file gets its name when the record is complete. @throws RecordFileError, UnfitFileError */
export function recordTo(file: string, of: Recorded): RecordWriter {
  // An older record is replaced only when the new record is complete.
  const partial = `${file}.part`
  const to = opened(file, () => created(file, partial))
  const hash = createHash('sha256')
  let lines = 0
  let isWhole = false
  const write = (one: z.input<typeof line>) => {
    // What happens while the runtime stops does not belong to the run.
    if (isWhole) return
    const text = `${JSON.stringify(one)}\n`
    hash.update(text)
    lines++
    writeSync(to, text)
  }
  write({ kind: 'record', version, ...of, node: process.versions.node })
  return {
    frame: frame => write({ kind: 'frame', frame }),
    forgotten: partition => write({ kind: 'forgotten', partition }),
    end(standing) {
      write({ kind: 'standing', ...standing })
      write({ kind: 'end', lines, hash: hash.copy().digest('hex') })
      isWhole = true
    },
    close() {
      closeSync(to)
      if (isWhole) opened(file, () => renameSync(partial, file))
      else rmSync(partial, { force: true })
    },
  }
}

/** @throws RecordError, RecordFileError, UnfitFileError */
export function readRecord(file: string): RunRecord {
  const texts = opened(file, () => readRegularFile(file, most))
    .trimEnd()
    .split('\n')
  const all = texts.map((text, place) => parsed(file, text, place + 1))
  const [head, ...lines] = all
  const [standing, end] = lines.splice(-2)
  if (head?.kind !== 'record') throw new RecordError(file, 1, 'it is not the beginning of a record')
  if (head.version !== version)
    throw new RecordError(file, 1, `it has version ${head.version}, and this program knows ${version}`)
  if (end?.kind !== 'end' || standing?.kind !== 'standing' || end.lines !== all.length - 1)
    throw new RecordError(file, all.length, 'lines before it are missing, or its end is')
  if (!lines.every(isRecorded)) throw new RecordError(file, all.length, 'something in it is in the wrong place')
  const hash = createHash('sha256')
  for (const text of texts.slice(0, -1)) hash.update(`${text}\n`)
  const { scenario, seed, from, node } = head
  const { parties, agents } = standing
  const isUnchanged = hash.digest('hex') === end.hash
  return { scenario, seed, from, node, lines, standing: { parties, agents }, isUnchanged }
}

function isRecorded(one: z.infer<typeof line>): one is RecordedLine {
  return one.kind === 'frame' || one.kind === 'forgotten'
}

function parsed(file: string, text: string, place: number): z.infer<typeof line> {
  try {
    return line.parse(JSON.parse(text))
  } catch (error) {
    throw new RecordError(file, place, 'it is not as it was written', { cause: error })
  }
}

const word = z.string().optional()
const position = z.int().optional()
const envelope = z.looseObject({
  id: z.string(),
  seq: z.int(),
  type: z.string(),
  source: z.string(),
  causationid: word,
  to: word,
  ask: word,
})
const words = { key: word, agent: word, id: word, name: word, type: word, to: word, what: word }
const entry = z.looseObject({ kind: z.string(), seq: position, ...words, envelope: envelope.optional() })
const shape = z.looseObject({
  partition: z.string(),
  position: z.int(),
  time: z.int(),
  cause: z.looseObject({ kind: z.string(), agent: word, handled: position, type: word }),
  entries: z.array(entry),
})

function isFrame(value: unknown): boolean {
  return !isDeeper(value, deepest) && shape.safeParse(value).success
}

/** Most levels of a frame: more than a journal accepts, and fewer than the stack allows. */
const deepest = 2_500

/** A file is not a record, or not a complete record. */
export class RecordError extends Error {
  constructor(file: string, place: number, why: string, options?: ErrorOptions) {
    super(
      `Line ${place} of "${file}" cannot be read as part of a record: ${why}. Use all of the file as it was written, or record it again.`,
      options,
    )
  }
}

/** The file of a record cannot be read or written. */
export class RecordFileError extends Error {
  constructor(file: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : `${cause}`
    super(`The record "${file}" cannot be opened: ${why}. Name another file.`, { cause })
  }
}

/**
 * Opens the file that will replace an older record. Like a journal, only the own account may read it.
 *
 * @throws UnfitFileError; what the file system throws
 */
function created(file: string, partial: string): number {
  if (existsSync(file)) {
    checkKind(file, statSync(file))
    const begin = beginningOf(file, 32)
    if (begin !== '' && !begin.startsWith('{"kind":"record"'))
      throw new UnfitFileError(file, 'it is no record, and what is in it would be lost')
  }
  const to = openSync(partial, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK, 0o600)
  checkKind(partial, fstatSync(to))
  return to
}

/** @throws RecordFileError, UnfitFileError */
function opened<T>(file: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (error instanceof UnfitFileError) throw error
    throw new RecordFileError(file, error)
  }
}
