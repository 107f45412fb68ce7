import { resolve } from 'node:path'
import { type Address, type Journal, JournalClosedError, type Saved } from '../index.ts'
import { Appends } from './appends.ts'
import { Connection } from './connection.ts'
import { errorOf } from './failure.ts'
import { FrameStream, framesOf } from './frame-stream.ts'
import { checkOptions, JournalReadOnlyError, type SqliteJournalOptions } from './options.ts'
import type { Asked, CheckpointWrite, SavedRows, Write } from './protocol.ts'
import { Turns } from './turns.ts'
import { Writer } from './writer.ts'
import { checkpointIn, WrittenCheckpoints } from './written-checkpoints.ts'

/** Most chunks of frames that are being read at the same time, for all readers together. */
const mostChunks = 8

/**
 * A journal in a file of SQLite. The first use opens it. Only one process at a time can have it open. Everything that it has
 * acknowledged is on the disk.
 *
 * @example
 * const runtime = await createRuntime({ party, journal: sqliteJournal({ directory: 'data' }) }).start()
 *
 * @throws JournalOptionsError
 */
export function sqliteJournal(options: SqliteJournalOptions): Journal {
  checkOptions(options)
  const directory = resolve(options.directory)
  const connection = new Connection({ ...options, directory })
  const writer = new Writer(writes => connection.ask('write', writes))
  const turns = new Turns(mostChunks)
  const appends = new Appends()
  const written = new WrittenCheckpoints()
  let closing: Promise<void> | undefined

  const ask = async <K extends keyof Asked>(kind: K, what: Asked[K]) => {
    if (closing) throw new JournalClosedError()
    return connection.ask(kind, what)
  }
  const write = async (one: Write, length: number, partition: Address, position: number) => {
    if (closing) throw new JournalClosedError()
    if (options.readOnly) throw new JournalReadOnlyError(directory)
    const failure = await writer.write(one, length)
    if (failure) throw errorOf(failure, { directory, partition, position })
  }
  const close = async () => {
    await writer.idle()
    await connection.close()
  }

  return {
    async append(partition, epoch, expected, frames, checkpoints = new Map()) {
      const bodies = frames.map(frame => JSON.stringify(frame))
      const positions = frames.map(({ position }) => position)
      try {
        const rows = written.of(partition, expected, positions.at(-1) ?? expected, checkpoints)
        const append = { kind: 'append' as const, partition, epoch, expected, positions, bodies, checkpoints: rows }
        await write(append, lengthOf(bodies, rows), partition, expected)
      } catch (error) {
        written.forget(partition)
        throw error
      }
      appends.count(partition)
    },
    read(partition, after = 0) {
      const read = (after: number) => turns.take(() => ask('read', { partition, after }))
      return new FrameStream({ partition, appended: () => appends.to(partition), read }, after)
    },
    partitions: () => ask('partitions', null),
    async saved(partition) {
      return savedIn(partition, await ask('saved', { partition }))
    },
    save: (partition, { position, hash, body }) =>
      write({ kind: 'save', partition, position, hash, body }, body.length, partition, position),
    prune: (partition, upTo) => write({ kind: 'prune', partition, upTo }, 0, partition, upTo),
    newest: async most => framesOf(await ask('newest', { most })),
    readers: () => ask('readers', null),
    marks: async reader => new Map(await ask('marks', { reader })),
    mark: (reader, marks) => write({ kind: 'mark', reader, marks: [...marks] }, 0, '', 0),
    delete(partition, epoch) {
      written.forget(partition)
      return write({ kind: 'delete', partition, epoch }, 0, partition, 0)
    },
    isLasting: true,
    handing: (partition, agent, seq) => connection.handing(partition, agent, seq),
    async inHand() {
      if (closing) throw new JournalClosedError()
      return connection.inHand()
    },
    close: () => (closing ??= close()),
  }
}

/** How much there is to write, in UTF-16 code units. */
function lengthOf(bodies: readonly string[], rows: readonly CheckpointWrite[]): number {
  let length = 0
  for (const body of bodies) length += body.length
  for (const [, , body] of rows) length += body?.length ?? 0
  return length
}

function savedIn(partition: Address, { snapshot, checkpoints, pruned }: SavedRows): Saved {
  const all = checkpoints.map(row => [row[0], checkpointIn(partition, row)] as const)
  return { snapshot, checkpoints: new Map(all), pruned }
}
