import { closeSync, constants, lstatSync, openSync, readSync, type Stats } from 'node:fs'
import { beginsAsLog } from './log-mark.ts'
import { WatchedFile } from './watched-file.ts'

/** Milliseconds. If a folder changed more recently, it may change again without a new modification time. */
const settled = 100

/** A buffer to read the end of the log, and so find its length; longer than most commits. */
const end = Buffer.alloc(65_536)

/**
 * The write-ahead log of a database, which is written to all the time. `stat` would make the next fsync of the file slower (Linux
 * then writes finer times). So the length is found by reading, and `stat` is used only when the folder has changed.
 */
export class WatchedLog {
  readonly #file: WatchedFile
  readonly #descriptor: number
  readonly #folder: string
  /** The folder's `stat` when the file was last checked; `undefined` right after a change. */
  #seen: Stats | undefined

  /** @throws Refusal when the file is missing */
  constructor(directory: string, name: string) {
    this.#file = new WatchedFile(directory, name)
    this.#folder = directory
    this.#descriptor = openSync(this.#file.path, constants.O_RDONLY | constants.O_NOFOLLOW)
  }

  get path(): string {
    return this.#file.path
  }

  /**
   * Checks that the log is there and complete.
   *
   * @param least bytes that are enough, if there were more of them before
   * @throws Refusal when another file is in its place, or a part of it is gone
   */
  look(least: number): void {
    const folder = lstatSync(this.#folder, { throwIfNoEntry: false })
    if (!isUnchanged(folder, this.#seen) || !this.#reachesItsEnd()) this.#file.look(least)
    this.#seen = folder && isSettled(folder) ? folder : undefined
    if (!beginsAsLog(this.#descriptor)) throw this.#file.lost('shortened')
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Whether the log is at least as long as before; remembers its new length. */
  #reachesItsEnd(): boolean {
    let { size } = this.#file
    if (size === 0) return false
    for (let read = end.length; read === end.length; ) {
      // Reads from the last known byte on: if nothing was cut off, there is at least one byte.
      read = readSync(this.#descriptor, end, 0, end.length, size - 1)
      if (read === 0) return false
      size += read - 1
    }
    this.#file.size = size
    return true
  }
}

/** Whether no file in a folder was made, moved or deleted since it was seen. */
function isUnchanged(now: Stats | undefined, seen: Stats | undefined): boolean {
  return now !== undefined && now.mtimeMs === seen?.mtimeMs && now.ino === seen.ino && now.dev === seen.dev
}

function isSettled({ mtimeMs }: Stats): boolean {
  return Math.abs(Date.now() - mtimeMs) > settled
}
