import { JournalConflictError, JournalCorruptError, JournalPruneError, type TroupeError } from '../index.ts'
import { JournalDiskError, JournalFullError, JournalLostError } from './disk-error.ts'
import { JournalLockedError, JournalOpenError } from './open-error.ts'
import type { Failure } from './protocol.ts'

/** The call that failed. */
export interface Wanted {
  readonly directory: string
  readonly partition?: string
  /** The position after which to append, or up to which to forget. */
  readonly position?: number
}

/** The error for what the thread with the file reported. */
export function errorOf(failure: Failure, { directory, partition = '', position = 0 }: Wanted): TroupeError {
  switch (failure.code) {
    case 'conflict':
      return new JournalConflictError(partition, position, failure.actual, failure.epoch)
    case 'uncovered':
      return new JournalPruneError(partition, position, failure.covered)
    case 'corrupt':
      return new JournalCorruptError(failure.partition, failure.what)
    case 'locked':
      return new JournalLockedError(directory, failure.pid)
    case 'open':
      return new JournalOpenError(directory, failure.reason, failure.text)
    case 'full':
      return new JournalFullError(directory, failure.text)
    case 'disk':
      return new JournalDiskError(directory, failure.text)
    case 'lost':
      return new JournalLostError(directory, failure.file, failure.loss)
  }
}
