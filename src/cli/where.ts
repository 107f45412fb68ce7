import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame } from '../journal/frame.ts'
import type { Journal } from '../journal/journal.ts'
import { type Address, partitionOf } from '../mail/address.ts'
import { isExported, readExported } from './exported.ts'
import { type RunRecord, readRecord } from './record.ts'
import { checkRegular } from './regular-file.ts'
import { UsageError } from './usage-error.ts'

/** Frames, and in words where they come from. */
export interface Source {
  readonly where: string
  /** The frames of all partitions, by time. */
  readonly frames: readonly Frame[]
  /** The position up to which frames were forgotten, for partitions with forgotten frames. */
  readonly pruned: ReadonlyMap<Address, number>
  /** For a file: whether it was not changed since it was written. */
  readonly isUnchanged?: boolean
  /** For a record: the whole record. */
  readonly record?: RunRecord
}

/** Most bytes of a journal, because all its frames are held in memory. */
const mostBytes = 256 * 1_024 * 1_024

/**
 * Reads the frames of a data directory, a record or an exported party.
 *
 * @throws UsageError, RecordError, ExportedFileError, UnfitFileError; what the journal throws; the reason of the signal
 */
export async function sourceAt(where: string, signal: AbortSignal): Promise<Source> {
  if (isDirectory(where)) return await inJournal(where, journal => journalled(where, journal, signal), mostBytes)
  if (isExported(where)) return exportedIn(where)
  const record = readRecord(where)
  const frames = record.lines.flatMap(line => (line.kind === 'frame' ? [line.frame] : []))
  const { isUnchanged } = record
  return { where: `the record ${where}${changedOr(isUnchanged)}`, frames, pruned: new Map(), isUnchanged, record }
}

function exportedIn(file: string): Source {
  const { party, pruned, frames, isUnchanged } = readExported(file)
  const where = `the party "${party}" in ${file}${changedOr(isUnchanged)}`
  return { where, frames, pruned: new Map(pruned > 0 ? [[partitionOf(party), pruned]] : []), isUnchanged }
}

function changedOr(isUnchanged: boolean): string {
  return isUnchanged ? '' : ', which was changed after it was written'
}

/** Whether it is a directory, and not a file. @throws UsageError if it is neither */
export function isDirectory(where: string): boolean {
  if (!existsSync(where)) throw new UsageError(`There is no directory or file "${where}".`)
  return statSync(where).isDirectory()
}

/**
 * Opens the journal in a directory read-only, and calls a function with it.
 *
 * @param most bytes that the journal may have
 * @throws UsageError if there is no journal; UnfitFileError; what the journal throws
 */
export async function inJournal<T>(
  directory: string,
  use: (journal: Journal) => Promise<T>,
  most = Number.POSITIVE_INFINITY,
): Promise<T> {
  const file = join(directory, 'journal.db')
  if (!existsSync(file))
    throw new UsageError(
      `There is no journal in "${directory}". A runtime makes one there: createRuntime({ journal: sqliteJournal({ directory }) }).`,
    )
  checkRegular(file, most)
  const { sqliteJournal } = await import('../sqlite/index.ts')
  const journal = sqliteJournal({ directory, readOnly: true })
  try {
    return await use(journal)
  } finally {
    await journal.close()
  }
}

async function journalled(directory: string, journal: Journal, signal: AbortSignal): Promise<Source> {
  const frames: Frame[] = []
  const forgotten = new Map<Address, number>()
  for (const { partition } of await journal.partitions()) {
    const { pruned } = await journal.saved(partition)
    if (pruned > 0) forgotten.set(partition, pruned)
    for await (const frame of journal.read(partition, pruned)) {
      signal.throwIfAborted()
      frames.push(frame)
    }
  }
  const inOrder = frames.toSorted((one, other) => one.time - other.time)
  return { where: `the journal in ${directory}`, frames: inOrder, pruned: forgotten }
}
