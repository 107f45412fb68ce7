import { TroupeError } from '../index.ts'
import type { OpenReason } from './protocol.ts'

const whatToDo: Record<OpenReason, string> = {
  newer: 'Update the package, or use another directory',
  foreign: 'Use another directory',
  damaged: 'Restore it from a backup, or save what is whole of it with `sqlite3 journal.db .recover`',
  incomplete: 'Put the file back, restore the whole directory from a backup, or use another directory',
  'not-a-file': 'Put the file itself there, or use another directory; the directory may be a link',
  'read-only': 'Let this process write there, or use another directory',
  unreachable: 'Check the path, or use another directory',
  'no-kysely': 'Install kysely beside troupe',
}

/** The journal in a directory cannot be opened. */
export class JournalOpenError extends TroupeError {
  readonly code = 'JOURNAL_OPEN'
  readonly directory: string
  readonly reason: OpenReason
  constructor(directory: string, reason: OpenReason, text: string) {
    super(`The journal in "${directory}" cannot be opened: ${text}. ${whatToDo[reason]}.`)
    this.directory = directory
    this.reason = reason
  }
}

/** Another process has the journal open. Only one process writes to it at a time. */
export class JournalLockedError extends TroupeError {
  readonly code = 'JOURNAL_LOCKED'
  readonly directory: string
  /** The id of the process that has it open, if known. */
  readonly pid: number | undefined
  constructor(directory: string, pid: number | undefined) {
    const by = pid === process.pid ? ' by this process' : pid === undefined ? '' : ` by process ${pid}`
    super(`The journal in "${directory}" is open already${by}. Stop that one first, or use another directory.`)
    this.directory = directory
    this.pid = pid
  }
}
