import { TroupeError } from '../index.ts'
import type { Loss } from './protocol.ts'

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

const whatIsSo: Record<Loss, string> = {
  missing: 'is not there any more',
  replaced: 'is another file now',
  shortened: 'has lost a part of what was in it',
}

/** A file of the journal was moved, deleted, replaced or cut while the journal was open; nothing is acknowledged any more. */
export class JournalLostError extends TroupeError {
  readonly code = 'JOURNAL_LOST'
  readonly directory: string
  /** The name of the file in the directory. */
  readonly file: string
  readonly loss: Loss
  constructor(directory: string, file: string, loss: Loss) {
    super(
      `The journal in "${directory}" can go on no more: its file "${file}" ${whatIsSo[loss]}. Put back what was taken away, or stop this process and restore the directory from a backup.`,
    )
    this.directory = directory
    this.file = file
    this.loss = loss
  }
}
