import { createHash } from 'node:crypto'
import { textOf } from '../errors.ts'
import type { Frame } from '../journal/frame.ts'
import { frameIn } from '../journal/frame-shape.ts'
import { partitionOf } from '../mail/address.ts'
import { type Line, lineIn } from '../party/transfer.ts'
import { beginningOf, checkRegular, readRegularFile } from './regular-file.ts'

/** Most bytes of an exported party, because all of it is held in memory. */
const most = 256 * 1_024 * 1_024

/** An exported party, as a file holds it. */
export interface ExportedParty {
  readonly party: string
  /** Up to which position its frames were forgotten. */
  readonly pruned: number
  readonly frames: readonly Frame[]
  /** Whether all lines are there and unchanged. */
  readonly isUnchanged: boolean
}

/** Whether a file begins like an exported party. @throws UnfitFileError; what the file system throws */
export function isExported(file: string): boolean {
  checkRegular(file, most)
  return beginningOf(file, 32).startsWith('{"kind":"party"')
}

/** Reads the party from a file that `parties.export` or `troupe export` has written. @throws ExportedFileError */
export function readExported(file: string): ExportedParty {
  const texts = readRegularFile(file, most).trimEnd().split('\n')
  const lines = texts.map((text, place) => parsed(file, text, place + 1))
  const head = lines[0]
  if (head?.kind !== 'party') throw new ExportedFileError(file, 1, 'it is not the beginning of an exported party')
  const end = lines.at(-1)
  const hash = createHash('sha256')
  for (const text of texts.slice(0, -1)) hash.update(`${text}\n`)
  const isUnchanged = end?.kind === 'end' && end.lines === lines.length - 1 && end.hash === hash.digest('hex')
  const frames = lines.flatMap((line, place) => (line.kind === 'frame' ? [frameOf(file, line.frame, place + 1)] : []))
  const other = frames.findIndex(({ partition }) => partition !== partitionOf(head.partyId))
  if (other >= 0) throw new ExportedFileError(file, other + 2, 'it is a frame of another party')
  return { party: head.partyId, pruned: head.pruned, frames, isUnchanged }
}

function parsed(file: string, text: string, place: number): Line {
  try {
    return lineIn(text)
  } catch (error) {
    throw new ExportedFileError(file, place, 'it is not as it was written', { cause: error })
  }
}

function frameOf(file: string, frame: unknown, place: number): Frame {
  try {
    return frameIn(frame)
  } catch (error) {
    throw new ExportedFileError(file, place, textOf(error), { cause: error })
  }
}

/** A file is not an exported party, or was changed. */
export class ExportedFileError extends Error {
  constructor(file: string, place: number, why: string, options?: ErrorOptions) {
    super(`Line ${place} of "${file}" cannot be read as part of an exported party: ${why}. Export it again.`, options)
  }
}
