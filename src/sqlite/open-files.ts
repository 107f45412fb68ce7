import { constants, copyFileSync, rmSync, truncateSync } from 'node:fs'
import type { FileIdentity } from './protocol.ts'
import { Refusal } from './refusal.ts'
import type { WatchedFile } from './watched-file.ts'
import type { WatchedLog } from './watched-log.ts'

export interface OpenFilesOptions {
  /** Bytes to which SQLite shortens a larger log. */
  readonly keptOfLog: number
  /** Called when SQLite has copied the log into the database. */
  readonly copied: () => void
}

/**
 * The files of an open journal. This class notices when a file was moved, deleted or emptied. SQLite would go on writing to it,
 * and the next start would not find what it wrote.
 */
export class OpenFiles {
  readonly #database: WatchedFile
  readonly #log: WatchedLog
  readonly #options: OpenFilesOptions
  /** When SQLite last copied the log into the database: the modification time of the database file. */
  #copiedAt: number
  /** Set once the log was cut off: the rest of the log does not count any more. */
  #cut: Refusal | undefined

  constructor(database: WatchedFile, log: WatchedLog, options: OpenFilesOptions) {
    this.#database = database
    this.#log = log
    this.#options = options
    this.#copiedAt = database.look().mtimeMs
  }

  /** Identifies the database file when it is opened again. */
  get identity(): FileIdentity {
    return this.#database.identity
  }

  /** To be called before the files are used. @throws Refusal when a file was changed from outside */
  check(): void {
    if (this.#cut) throw this.#cut
    this.#database.look()
    this.#checkLog(Number.POSITIVE_INFINITY)
  }

  /** To be called after a commit, before it is acknowledged. @throws Refusal when the next start would not find it */
  checkCommit(): void {
    const { mtimeMs } = this.#database.look()
    this.#checkLog(this.#options.keptOfLog)
    if (mtimeMs !== this.#copiedAt) this.#afterCopy()
  }

  close(): void {
    this.#log.close()
  }

  /** @param least bytes that are enough, if there were more of them before */
  #checkLog(least: number): void {
    try {
      this.#log.look(least)
    } catch (error) {
      if (error instanceof Refusal && error.failure.code === 'lost' && error.failure.loss === 'shortened') {
        this.#cut = error
        this.#setAside()
      }
      throw error
    }
  }

  /**
   * Renames the rest of a log that was cut off. Otherwise SQLite would copy it into the database, and the next start would take
   * that for the complete journal.
   */
  #setAside(): void {
    const rest = `${this.#log.path}-cut`
    try {
      rmSync(rest, { force: true })
      copyFileSync(this.#log.path, rest, constants.COPYFILE_EXCL)
      truncateSync(this.#log.path)
    } catch {
      // Without room on the disk, the log stays where it is.
    }
  }

  #afterCopy(): void {
    try {
      this.#options.copied()
      this.#copiedAt = this.#database.look().mtimeMs
    } catch {
      // The commit itself succeeded, and the next commit tries this again.
    }
    this.#log.look(this.#options.keptOfLog)
  }
}
