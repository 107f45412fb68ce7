import { constants, copyFileSync, rmSync, truncateSync } from 'node:fs'
import type { FileIdentity } from './protocol.ts'
import { Refusal } from './refusal.ts'
import type { WatchedFile } from './watched-file.ts'
import type { WatchedLog } from './watched-log.ts'

export interface OpenFilesOptions {
  /** Bytes that SQLite leaves of a larger log. */
  readonly keptOfLog: number
  /** Called when SQLite has copied the log into the database. */
  readonly copied: () => void
}

/**
 * The files of an open journal. SQLite goes on writing to files that were moved, deleted or emptied, and the next start does not
 * find what it wrote there; this is what notices.
 */
export class OpenFiles {
  readonly #database: WatchedFile
  readonly #log: WatchedLog
  readonly #options: OpenFilesOptions
  /** The time at which SQLite has last copied the log into the database, as its file says it. */
  #copiedAt: number
  /** What is left of a log that was cut is no part of the journal any more. */
  #cut: Refusal | undefined

  constructor(database: WatchedFile, log: WatchedLog, options: OpenFilesOptions) {
    this.#database = database
    this.#log = log
    this.#options = options
    this.#copiedAt = database.look().mtimeMs
  }

  /** By which the database can be recognised when it is opened again. */
  get identity(): FileIdentity {
    return this.#database.identity
  }

  /** To be called before the files are used. @throws Refusal when they are not as they were left */
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
   * Keeps what is left of a log that was cut under another name: SQLite would copy it into the database, and the next start take
   * that for all there was.
   */
  #setAside(): void {
    const rest = `${this.#log.path}-cut`
    try {
      rmSync(rest, { force: true })
      copyFileSync(this.#log.path, rest, constants.COPYFILE_EXCL)
      truncateSync(this.#log.path)
    } catch {
      // Without room for it, it stays where it is.
    }
  }

  #afterCopy(): void {
    try {
      this.#options.copied()
      this.#copiedAt = this.#database.look().mtimeMs
    } catch {
      // What was committed is there all the same; the next commit tries it again.
    }
    this.#log.look(this.#options.keptOfLog)
  }
}
