import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Frame } from 'troupe'
import * as z from 'zod'

/** The version of the lines that are written here. */
const version = 1

const headLine = z.object({
  kind: z.literal('record'),
  version: z.int(),
  scenario: z.string(),
  seed: z.int(),
  node: z.string(),
})
const frameLine = z.looseObject({ kind: z.literal('frame'), partition: z.string(), position: z.int() })
const endLine = z.object({ kind: z.literal('end'), frames: z.int() })
const line = z.discriminatedUnion('kind', [headLine, frameLine, endLine])

/** A frame, as it stands in a record. */
export type RecordedFrame = z.infer<typeof frameLine>

/** What was written down of one run. */
export interface RunRecord {
  readonly scenario: string
  readonly seed: number
  readonly frames: readonly RecordedFrame[]
}

/** A record that is being written. */
export interface RecordWriter {
  add(frame: Frame): void
  /** It is whole. */
  end(): void
  close(): void
}

/** Writes down a run, a line of JSON for each frame. @throws what the file system throws */
export function recordTo(file: string, { scenario, seed }: Pick<RunRecord, 'scenario' | 'seed'>): RecordWriter {
  const to = openSync(file, 'w')
  const write = (one: z.input<typeof line>) => writeSync(to, `${JSON.stringify(one)}\n`)
  let frames = 0
  write({ kind: 'record', version, scenario, seed, node: process.versions.node })
  return {
    add(frame) {
      frames++
      write(recorded(frame))
    },
    end: () => void write({ kind: 'end', frames }),
    close: () => closeSync(to),
  }
}

/** A frame as a record holds it. */
export function recorded(frame: Frame): RecordedFrame {
  // What JSON leaves out is not in the record either.
  return frameLine.parse(JSON.parse(JSON.stringify({ kind: 'frame', ...frame })))
}

/** @throws RecordError; what the file system throws */
export function readRecord(file: string): RunRecord {
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text, place) => parsed(file, text, place + 1))
  const [head, ...rest] = lines
  const end = rest.pop()
  const frames = rest.filter(one => one.kind === 'frame')
  if (head?.kind !== 'record') throw new RecordError(file, 1, 'it is not the beginning of a record')
  if (head.version > version)
    throw new RecordError(file, 1, `it has version ${head.version}, and this program knows ${version}`)
  if (end?.kind !== 'end' || frames.length !== rest.length || end.frames !== frames.length)
    throw new RecordError(file, lines.length, 'frames before it are missing, or its end is')
  return { scenario: head.scenario, seed: head.seed, frames }
}

function parsed(file: string, text: string, place: number): z.infer<typeof line> {
  try {
    return line.parse(JSON.parse(text))
  } catch (error) {
    throw new RecordError(file, place, 'it is not as it was written', { cause: error })
  }
}

/** A file is no record, or not a whole one. */
export class RecordError extends Error {
  constructor(file: string, place: number, why: string, options?: ErrorOptions) {
    super(`Line ${place} of "${file}" cannot be replayed: ${why}. Make a new one: run NAME --record ${file}`, options)
  }
}
