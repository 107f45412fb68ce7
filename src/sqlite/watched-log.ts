import { closeSync, constants, lstatSync, openSync, readSync, type Stats } from 'node:fs'
import { beginsAsLog } from './log-mark.ts'
import { WatchedFile } from './watched-file.ts'

/** A folder that changed so many milliseconds ago may change again and bear the same time. */
const settled = 100

/** Read at the end of a log to see how long it is: more than most commits add. */
const end = Buffer.alloc(65_536)

/**
 * The write-ahead log of a database, which is written to all the time. Whoever asks for the times of such a file makes its next
 * fsync slower (Linux then writes finer times), so it is read instead, and asked only when its folder has changed.
 */
export class WatchedLog {
  readonly #file: WatchedFile
  readonly #descriptor: number
  readonly #folder: string
  /** Its folder, when the file at the path was last looked at; none right after a change. */
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
   * Looks whether it is there and whole.
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

  /** Whether it is as long as it was; notes how much longer it is. */
  #reachesItsEnd(): boolean {
    let { size } = this.#file
    if (size === 0) return false
    for (let read = end.length; read === end.length; ) {
      // From the last known byte on, so that there is one if nothing is gone.
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
