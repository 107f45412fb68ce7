import { mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Frame, type Journal, JournalClosedError, JournalConflictError, memoryJournal } from 'troupe'

/** The index keeps the place of one frame in so many bytes, so a read starts at most that far before its first frame. */
const stride = 8_192

const blockLength = 65_536
const newline = 0x0a

interface Partition {
  readonly file: FileHandle
  readonly path: string
  epoch: number
  position: number
  /** Bytes of complete frames. */
  size: number
  /** The indexed frames: their positions, and where they start. */
  readonly positions: number[]
  readonly offsets: number[]
}

/**
 * A journal in files, one for each partition and with a line of JSON for each frame. With it, tests and benchmarks of memory
 * find only the heap of the runtime. The files are temporary, and deleted by `close`. Checkpoints are not kept, so no runtime
 * can recover from it.
 */
export function fileJournal(): Journal {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-journal-'))
  const partitions = new Map<string, Partition>()
  const memory = memoryJournal()

  const underWay = new Set<Promise<unknown>>()
  let closed = false
  const check = () => {
    if (closed) throw new JournalClosedError()
  }

  const create = async (name: string, epoch: number): Promise<Partition> => {
    const path = join(directory, encodeURIComponent(name))
    const file = await open(path, 'w+')
    const partition: Partition = { file, path, epoch, position: 0, size: 0, positions: [], offsets: [] }
    partitions.set(name, partition)
    return partition
  }

  const append = async (name: string, epoch: number, expectedPosition: number, frames: readonly Frame[]) => {
    const known = partitions.get(name)
    const position = known?.position ?? 0
    if (epoch < (known?.epoch ?? epoch) || position !== expectedPosition)
      throw new JournalConflictError(name, expectedPosition, position, known?.epoch ?? 0)
    const partition = known ?? (await create(name, epoch))
    partition.epoch = epoch
    const lines: Buffer[] = []
    let end = partition.size
    for (const frame of frames) {
      const line = Buffer.from(`${JSON.stringify(frame)}\n`)
      remember(partition, frame.position, end)
      lines.push(line)
      end += line.length
    }
    const [first] = lines
    const block = first && lines.length === 1 ? first : Buffer.concat(lines)
    await partition.file.write(block, 0, block.length, partition.size)
    partition.size = end
    partition.position = frames.at(-1)?.position ?? partition.position
  }

  return {
    ...memory,
    async append(name, epoch, expectedPosition, frames) {
      check()
      const appending = append(name, epoch, expectedPosition, frames)
      underWay.add(appending)
      await appending.finally(() => underWay.delete(appending))
    },

    async partitions() {
      check()
      return Array.from(partitions, ([partition, { epoch, position }]) => ({ partition, epoch, position }))
    },

    async *read(name, after = 0) {
      check()
      const partition = partitions.get(name)
      if (!partition) return
      for await (const line of linesOf(partition, offsetFor(partition, after))) {
        const frame: Frame = JSON.parse(line)
        if (frame.position > after) yield frame
      }
    },

    async delete(name, epoch = Number.POSITIVE_INFINITY) {
      check()
      const partition = partitions.get(name)
      if (partition && epoch < partition.epoch)
        throw new JournalConflictError(name, partition.position, partition.position, partition.epoch)
      partitions.delete(name)
      await partition?.file.close()
      if (partition) await rm(partition.path)
    },

    async close() {
      closed = true
      await Promise.allSettled(underWay)
      await memory.close()
      await Promise.all([...partitions.values()].map(({ file }) => file.close()))
      partitions.clear()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function remember({ positions, offsets }: Partition, position: number, offset: number): void {
  const last = offsets.at(-1)
  if (last !== undefined && offset - last < stride) return
  positions.push(position)
  offsets.push(offset)
}

/** Where the newest indexed frame before the first wanted frame starts. */
function offsetFor({ positions, offsets }: Partition, after: number): number {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((positions[middle] ?? 0) > after) high = middle
    else low = middle + 1
  }
  return offsets[low - 1] ?? 0
}

/** The lines of a file from the start of one of them on, with lines that are appended meanwhile. */
async function* linesOf(partition: Partition, from: number): AsyncIterable<string> {
  let rest = Buffer.alloc(0)
  for (let offset = from; offset < partition.size; ) {
    const length = Math.min(blockLength, partition.size - offset)
    const { buffer, bytesRead } = await partition.file.read(Buffer.alloc(length), 0, length, offset)
    offset += bytesRead
    const block = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let begin = 0
    for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, begin)) {
      yield block.toString('utf8', begin, end)
      begin = end + 1
    }
    rest = block.subarray(begin)
  }
}
