import { type Checkpoint, type Checkpoints, type Journal, JournalConflictError } from 'troupe'
import type { HeldTasks } from './held-tasks.ts'
import { type Mortal, never } from './mortal.ts'

/** What happens at an append. */
export type AppendFault = 'append refused' | 'append fenced' | 'append unsure' | 'process ends'

/** What a world knows of the appends of its journal. */
export interface AppendHost {
  readonly tasks: HeldTasks
  /** The journal itself. It may be opened again when a process has ended. */
  readonly inner: Journal
  /** Whether that journal returns the objects that it got. */
  readonly isShared: boolean
  /** Called before an append is written; gives what goes wrong. */
  beforeAppend(partition: string): AppendFault | undefined
  /** Called when an append is in the journal. @param isLate whether the process that wrote it has ended */
  written(append: Parameters<Journal['append']>, isLate: boolean): void
  deleted(partition: string): void
  /** Called when the writer has been told. */
  acknowledged(): void
  /** Work of the disk that must be over before the next step. */
  track<T>(work: Promise<T>): Promise<T>
  trace(line: () => string): void
}

/**
 * The journal as one process sees it: it writes, acknowledges and reads when a world chooses that, and fails when the world says
 * so. For a process that has ended it does nothing more.
 */
export function worldJournal(host: AppendHost, life: Pick<Mortal, 'isOver'>): Journal {
  const { tasks } = host
  const alive = async <T>(value: T): Promise<T> => (life.isOver ? never() : value)
  const held = async <T>(label: string, use: () => Promise<T>): Promise<T> => {
    if (life.isOver) return never()
    await tasks.turn(label)
    return alive(await host.track(use()))
  }
  const write = async (...append: Parameters<Journal['append']>) => {
    const [partition, epoch, expected] = append
    const fault = life.isOver ? undefined : host.beforeAppend(partition)
    // A process that ends before it appends has not begun to write.
    if (life.isOver && fault === 'process ends') return
    if (fault === 'append refused') throw new Error('the disk was busy')
    if (fault === 'append fenced') throw new JournalConflictError(partition, expected, expected, epoch)
    try {
      await host.track(host.inner.append(...append))
    } catch (error) {
      host.trace(() => `  ${partition}: ${error instanceof Error ? error.message : `${error}`}`)
      throw error
    }
    host.written(append, life.isOver)
    if (fault === 'append unsure') throw new Error('the acknowledgement was lost')
  }
  return {
    async append(partition, epoch, expected, frames, checkpoints) {
      if (life.isOver) await never()
      const kept = checkpoints && host.isShared ? asData(checkpoints) : checkpoints
      await tasks.turn(`write ${partition} after ${expected}`, true)
      try {
        await write(partition, epoch, expected, frames, kept)
      } finally {
        if (life.isOver) await never()
      }
      await tasks.turn(`acknowledge ${partition} up to ${frames.at(-1)?.position}`)
      host.acknowledged()
    },
    read(partition, after) {
      return {
        async *[Symbol.asyncIterator]() {
          if (life.isOver) await never()
          await tasks.turn(`read ${partition} after ${after ?? 0}`)
          const reading = host.inner.read(partition, after)[Symbol.asyncIterator]()
          for (;;) {
            const { done, value } = await alive(await host.track(reading.next()))
            if (done) return
            yield host.isShared ? copied(value) : value
          }
        },
      }
    },
    partitions: () => held('list partitions', () => host.inner.partitions()),
    async saved(partition) {
      const saved = await held(`read what is saved of ${partition}`, () => host.inner.saved(partition))
      return host.isShared ? { ...saved, checkpoints: new Map(copied([...saved.checkpoints])) } : saved
    },
    save: (partition, snapshot) => held(`save ${partition}`, () => host.inner.save(partition, snapshot)),
    prune: (partition, upTo) => held(`prune ${partition} up to ${upTo}`, () => host.inner.prune(partition, upTo)),
    newest: most => host.track(host.inner.newest(most)),
    readers: () => held('list readers', () => host.inner.readers()),
    marks: reader => held(`read the marks of ${reader}`, () => host.inner.marks(reader)),
    mark: (reader, marks) => held(`mark ${reader}`, () => host.inner.mark(reader, marks)),
    async delete(partition, epoch) {
      await held(`delete ${partition}`, () => host.inner.delete(partition, epoch))
      host.deleted(partition)
    },
    close: () => Promise.resolve(),
    isLasting: true,
  }
}

/** Checkpoints as they are now: later, a journal in memory would show machines inside agents as they are then. */
function asData(checkpoints: Checkpoints): Checkpoints {
  return new Map(Array.from(checkpoints, ([agent, one]) => [agent, one && dataOf(one)]))
}

function dataOf({ incarnation, position, definition, snapshot }: Checkpoint): Checkpoint {
  return { incarnation, position, definition, snapshot }
}

/** What comes back from a disk: a journal in memory must not show the next process the objects of the last one. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}
