import { lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { FileIdentity, Loss } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** An open file. Notices when another file is at its path, or the file was cut off. */
export class WatchedFile {
  readonly path: string
  readonly identity: FileIdentity
  /** Its bytes when it was last checked. */
  size: number
  readonly #name: string

  /** @throws Refusal when the file is missing */
  constructor(directory: string, name: string) {
    this.path = join(directory, name)
    this.#name = name
    const { dev, ino, size } = this.#stats()
    this.identity = { dev, ino }
    this.size = size
  }

  /**
   * Checks the file at the path.
   *
   * @param least bytes that are enough, if there were more of them before
   * @throws Refusal when it is another file, or its end was cut off
   */
  look(least = Number.POSITIVE_INFINITY): Stats {
    const stats = this.#stats()
    if (!isSameFile(stats, this.identity)) throw this.lost('replaced')
    if (stats.size < Math.min(this.size, least)) throw this.lost('shortened')
    this.size = stats.size
    return stats
  }

  lost(loss: Loss): Refusal {
    return new Refusal({ code: 'lost', file: this.#name, loss })
  }

  #stats(): Stats {
    const stats = lstatSync(this.path, { throwIfNoEntry: false })
    if (!stats) throw this.lost('missing')
    return stats
  }
}

export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino
}
