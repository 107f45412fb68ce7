import { type Journal, JournalConflictError } from 'troupe'
import type { HeldTasks } from './held-tasks.ts'

/** What happens at an append. */
export type AppendFault = 'append refused' | 'append fenced' | 'append unsure'

/** What a world knows of the appends of its journal. */
export interface AppendHost {
  readonly tasks: HeldTasks
  /** The journal itself. It may be opened again when a process has ended. */
  readonly inner: Journal
  /** Called before an append is written; gives what goes wrong. */
  beforeAppend(partition: string): AppendFault | undefined
  /** Called when an append is in the journal. */
  written(...append: Parameters<Journal['append']>): void
  deleted(partition: string): void
  /** Called when the writer has been told. */
  acknowledged(): void
  /** Work of the disk that must be over before the next step. */
  track<T>(work: Promise<T>): Promise<T>
  trace(line: () => string): void
}

/** A journal that writes, acknowledges and reads when a world chooses that, and fails when the world says so. */
export function worldJournal(host: AppendHost): Journal {
  const { tasks } = host
  const held = async <T>(label: string, use: () => Promise<T>): Promise<T> => {
    await tasks.turn(label)
    return host.track(use())
  }
  return {
    async append(...append) {
      const [partition, epoch, expected, frames] = append
      await tasks.turn(`write ${partition} after ${expected}`, true)
      const fault = host.beforeAppend(partition)
      if (fault === 'append refused') throw new Error('the disk was busy')
      if (fault === 'append fenced') throw new JournalConflictError(partition, expected, expected, epoch)
      try {
        await host.track(host.inner.append(...append))
      } catch (error) {
        host.trace(() => `  ${partition}: ${error instanceof Error ? error.message : `${error}`}`)
        throw error
      }
      host.written(...append)
      if (fault === 'append unsure') throw new Error('the acknowledgement was lost')
      await tasks.turn(`acknowledge ${partition} up to ${frames.at(-1)?.position}`)
      host.acknowledged()
    },
    read(partition, after) {
      return {
        async *[Symbol.asyncIterator]() {
          await tasks.turn(`read ${partition} after ${after ?? 0}`)
          const reading = host.inner.read(partition, after)[Symbol.asyncIterator]()
          for (;;) {
            const { done, value } = await host.track(reading.next())
            if (done) return
            yield value
          }
        },
      }
    },
    partitions: () => held('list partitions', () => host.inner.partitions()),
    saved: partition => held(`read what is saved of ${partition}`, () => host.inner.saved(partition)),
    save: (partition, snapshot) => held(`save ${partition}`, () => host.inner.save(partition, snapshot)),
    prune: (partition, upTo) => held(`prune ${partition} up to ${upTo}`, () => host.inner.prune(partition, upTo)),
    newest: most => host.track(host.inner.newest(most)),
    readers: () => held('list readers', () => host.inner.readers()),
    marks: reader => held(`read the marks of ${reader}`, () => host.inner.marks(reader)),
    mark: (reader, marks) => held(`mark ${reader}`, () => host.inner.mark(reader, marks)),
    async delete(partition, epoch) {
      await tasks.turn(`delete ${partition}`)
      await host.track(host.inner.delete(partition, epoch))
      host.deleted(partition)
    },
    close: () => Promise.resolve(),
    isLasting: true,
  }
}
