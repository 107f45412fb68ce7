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

/** A journal that outlives the runtimes which write to it, as a disk does. */
export interface Record {
  /** The journal of the next life; whoever wrote before writes no more. */
  next(): Life
  /** What every life has written. */
  frames(partition: string): Promise<readonly Frame[]>
}

/** The journal of one process, which may end at any time. */
export interface Life extends Journal {
  /** Nothing that comes from now on is written or acknowledged. */
  end(): void
  readonly isOver: boolean
}

/** Everything goes through JSON, as it does on a disk; of a life that is over, nothing is written any more. */
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

/** What comes back from a disk. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** Time goes on from one life to the next. */
export const clock = createSimulatedClock()

let lives = 0

/** A started runtime on a journal that outlives it. */
export async function live<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  journal: Life,
  options: RuntimeOptions<S, A, R>,
) {
  const runtime = createRuntime({ journal, clock, random: seededRandom(++lives), log: 'silent', ...options })
  onTestFinished(async () => {
    // Of one whose life is over, nothing ends any more.
    if (!journal.isOver) await runtime.stop({ timeout: 0 })
  })
  return runtime.start()
}
