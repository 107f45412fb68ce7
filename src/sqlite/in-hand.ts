import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Address, InHand } from '../index.ts'
import { fileMode, fileNames } from './directory.ts'

/** Most bytes of a note: a checksum, the lengths of the two names, the seq, then the names. */
const length = 4_096

const header = 16

/**
 * A file that names the event which is being handed to an agent. It is written at once, without fsync, so it outlives the
 * process, but not always the machine.
 */
export class InHandFile {
  /**
   * The event that was in hand when the last owner ended. It is reported once: if this process ends without an event in hand, the
   * next process finds nothing.
   */
  readonly found: InHand | undefined
  readonly #file: number
  readonly #note = Buffer.alloc(length)

  constructor(directory: string) {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
    this.#file = openSync(join(directory, fileNames.inHand), O_RDWR | O_CREAT | O_NOFOLLOW, fileMode)
    this.found = this.#read()
    ftruncateSync(this.#file)
  }

  note(partition: Address, agent: string, seq: number): void {
    const note = this.#note
    const middle = header + note.write(partition, header)
    const end = middle + note.write(agent, middle)
    // A name is never shortened, because a part of it could be the name of another agent.
    if (end > length - 4) return ftruncateSync(this.#file)
    note.writeUInt16LE(middle - header, 4)
    note.writeUInt16LE(end - middle, 6)
    note.writeDoubleLE(seq, 8)
    note.writeUInt32LE(crc32(note.subarray(4, end)))
    writeSync(this.#file, note, 0, end, 0)
  }

  /** A process that ends in order has no event in hand. */
  close(): void {
    ftruncateSync(this.#file)
    closeSync(this.#file)
  }

  #read(): InHand | undefined {
    const note = Buffer.alloc(length)
    const size = readSync(this.#file, note, 0, length, 0)
    const middle = header + note.readUInt16LE(4)
    const end = middle + note.readUInt16LE(6)
    if (end > size || crc32(note.subarray(4, end)) !== note.readUInt32LE()) return undefined
    const [partition, agent] = [note.toString('utf8', header, middle), note.toString('utf8', middle, end)]
    return { partition, agent, seq: note.readDoubleLE(8) }
  }
}
