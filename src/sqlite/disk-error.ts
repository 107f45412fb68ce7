import { TroupeError } from '../index.ts'

/** There is no room left for what was to be appended. */
export class JournalFullError extends TroupeError {
  readonly code = 'JOURNAL_FULL'
  readonly directory: string
  constructor(directory: string, text: string) {
    super(
      `The journal in "${directory}" has no room left: ${text}. All that it acknowledged is there, and it goes on as soon as there is room: on the disk, under a higher maxBytes, or in place of parties that are deleted.`,
    )
    this.directory = directory
  }
}

/** The file could not be read or written. */
export class JournalDiskError extends TroupeError {
  readonly code = 'JOURNAL_DISK'
  readonly directory: string
  constructor(directory: string, text: string) {
    super(
      `The journal in "${directory}" could not be read or written: ${text}. All that it acknowledged is there. The next use tries again; if that fails too, see to the disk.`,
    )
    this.directory = directory
  }
}
