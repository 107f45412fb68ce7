import {
  type AddedEvent,
  type Checkpoint,
  createRuntime,
  type Frame,
  type Journal,
  memoryJournal,
  type RemovedEvent,
  type RuntimeOptions,
} from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { onTestFinished } from 'vitest'
import { suiteScheduler } from './settle.ts'

/** A journal that outlives the runtimes that write to it, like a disk. */
export interface Record {
  /** The journal of the next process; earlier processes can no longer write. */
  next(): Life
  /** The frames of all processes. */
  frames(partition: string): Promise<readonly Frame[]>
}

/** The journal of one process, which may end at any time. */
export interface Life extends Journal {
  /** From now on, appends are neither written nor acknowledged. */
  end(): void
  readonly isOver: boolean
}

/** All values go through JSON, as on a disk. A process that has ended no longer writes. */
export function createRecord(inner: Journal = memoryJournal()): Record {
  let living: Life | undefined
  return {
    next() {
      living?.end()
      let isOver = false
      const forEver = new Promise<never>(() => {})
      living = {
        ...inner,
        async append(partition, epoch, expectedPosition, frames, checkpoints) {
          if (isOver) return forEver
          const copies = new Map<string, Checkpoint | undefined>()
          for (const [agent, checkpoint] of checkpoints ?? []) copies.set(agent, checkpoint && throughJson(checkpoint))
          await inner.append(partition, epoch, expectedPosition, throughJson(frames), copies)
          if (isOver) return forEver
        },
        save: (...saved) => (isOver ? forEver : inner.save(...saved)),
        mark: (...marks) => (isOver ? forEver : inner.mark(...marks)),
        prune: (...pruned) => (isOver ? forEver : inner.prune(...pruned)),
        delete: (...gone) => (isOver ? forEver : inner.delete(...gone)),
        get isOver() {
          return isOver
        },
        end: () => {
          isOver = true
        },
        close: async () => {},
      }
      return living
    },
    async frames(partition) {
      const found: Frame[] = []
      for await (const frame of inner.read(partition)) found.push(frame)
      return found
    },
  }
}

/** A value as it is read from a disk. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** One clock for all processes. */
export const clock = createSimulatedClock()

let lives = 0

/** A started runtime on a journal that outlives it. */
export async function live<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  journal: Life,
  options: RuntimeOptions<S, A, R>,
) {
  const runtime = createRuntime({
    journal,
    clock,
    scheduler: suiteScheduler,
    random: seededRandom(++lives),
    log: 'silent',
    ...options,
  })
  onTestFinished(async () => {
    // The stop of a process that has ended would never resolve.
    if (!journal.isOver) await runtime.stop({ timeout: 0 })
  })
  return runtime.start()
}
