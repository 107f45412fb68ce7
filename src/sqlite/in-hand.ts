import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Address, InHand } from '../index.ts'
import { fileMode, fileNames } from './directory.ts'

/** Bytes of a note at most: its checksum, the lengths of the two names, the seq, then the names. */
const length = 4_096

const header = 16

/**
 * The note of which event is being handed over. It is written at once and not waited for, so it outlives the process, but not
 * always the machine.
 */
export class InHandFile {
  /** What was in hand when the last owner ended, said once: who ends now without having anything in hand says nothing. */
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
    // A part of a name could be the name of another agent.
    if (end > length - 4) return ftruncateSync(this.#file)
    note.writeUInt16LE(middle - header, 4)
    note.writeUInt16LE(end - middle, 6)
    note.writeDoubleLE(seq, 8)
    note.writeUInt32LE(crc32(note.subarray(4, end)))
    writeSync(this.#file, note, 0, end, 0)
  }

  /** Who ends in order has nothing in hand. */
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
