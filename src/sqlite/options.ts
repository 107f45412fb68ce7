import { TroupeError } from '../index.ts'

/** Where a journal is, and how large it may become. */
export interface SqliteJournalOptions {
  /** The directory of the journal. It is created if it does not exist, and should contain nothing else. */
  readonly directory: string
  /** Most bytes of the journal's file, at least 1 MiB; by default as many as the disk has. */
  readonly maxBytes?: number
  /**
   * Whether to read a copy of the journal, made at the first use. The directory is not changed, and another process may have the
   * journal open. Writes are refused with a `JournalReadOnlyError`. `false` by default.
   */
  readonly readOnly?: boolean
  /** Another worker, for tests that end the process in the middle of a transaction. @internal */
  readonly worker?: URL
}

const leastBytes = 1_048_576

/** @throws JournalOptionsError */
export function checkOptions(options: SqliteJournalOptions): void {
  // In plain JavaScript, the options may have any type.
  const { directory, maxBytes, readOnly }: { directory?: unknown; maxBytes?: unknown; readOnly?: unknown } =
    typeof options === 'object' && options !== null ? options : {}
  if (typeof directory !== 'string')
    throw new JournalOptionsError(
      'directory',
      `it is ${directory === null ? 'null' : typeof directory}. Give a path as text`,
    )
  if (directory.includes('\0')) throw new JournalOptionsError('directory', 'it holds a NUL. Give a path without it')
  if (readOnly !== undefined && typeof readOnly !== 'boolean')
    throw new JournalOptionsError('readOnly', `it is ${typeof readOnly}. Give true or false`)
  if (directory.trim() === '') throw new JournalOptionsError('directory', 'it is blank. Say where the journal shall be')
  if (maxBytes !== undefined && !isRoom(maxBytes))
    throw new JournalOptionsError(
      'maxBytes',
      `it is ${String(maxBytes)}. Give a whole number of bytes, ${leastBytes} at least`,
    )
}

function isRoom(bytes: unknown): boolean {
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= leastBytes
}

/** The options of a journal are wrong. */
export class JournalOptionsError extends TroupeError {
  readonly code = 'JOURNAL_OPTIONS'
  readonly option: string
  constructor(option: string, text: string) {
    super(`A journal cannot be made with this ${option}: ${text}.`)
    this.option = option
  }
}

/** A write to a journal that was opened with `readOnly`. */
export class JournalReadOnlyError extends TroupeError {
  readonly code = 'JOURNAL_READ_ONLY'
  readonly directory: string
  constructor(directory: string) {
    super(
      `The journal in "${directory}" is only read, and this would change it. Make one without "readOnly" to write there.`,
    )
    this.directory = directory
  }
}
