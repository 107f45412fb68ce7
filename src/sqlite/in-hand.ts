import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { InHand } from '../index.ts'

/** Bytes of a note: its checksum, two lengths, the seq, then the partition and the agent. */
const length = 4_096
const header = 16

/**
 * The note of which event is being handed over: written at once and not waited for, so that it outlives the process but not
 * the machine.
 */
export class InHandFile {
  /** What was in hand when the last owner ended. */
  readonly found: InHand | undefined
  readonly #file: number
  readonly #note = Buffer.alloc(length)

  constructor(directory: string) {
    this.#file = openSync(join(directory, 'in-hand'), constants.O_RDWR | constants.O_CREAT)
    this.found = this.#read()
    ftruncateSync(this.#file)
  }

  note(partition: string, agent: string, seq: number): void {
    const note = this.#note
    const middle = header + note.write(partition, header)
    const end = middle + note.write(agent, middle)
    note.writeUInt16LE(middle - header, 4)
    note.writeUInt16LE(end - middle, 6)
    note.writeDoubleLE(seq, 8)
    note.writeUInt32LE(crc32(note.subarray(4, end)), 0)
    writeSync(this.#file, note, 0, end, 0)
  }

  /** An owner that ends in order has nothing in hand. */
  close(): void {
    ftruncateSync(this.#file)
    closeSync(this.#file)
  }

  #read(): InHand | undefined {
    const note = Buffer.alloc(length)
    const size = readSync(this.#file, note, 0, length, 0)
    const middle = header + note.readUInt16LE(4)
    const end = middle + note.readUInt16LE(6)
    if (size < end || crc32(note.subarray(4, end)) !== note.readUInt32LE(0)) return undefined
    return {
      partition: note.toString('utf8', header, middle),
      agent: note.toString('utf8', middle, end),
      seq: note.readDoubleLE(8),
    }
  }
}
