import type { Clock, Frame, Journal, Scheduler } from '../index.ts'
import type { RandomScheduler } from './random-scheduler.ts'

/** What a process of a test stands on, and what is left when it ends. */
export interface World {
  readonly clock: Clock & Required<Pick<Clock, 'elapsed'>>
  readonly journal: Journal
  readonly scheduler: RandomScheduler
  /** Called with frames when the journal has them. */
  readonly onFrames?: (frames: readonly Frame[]) => void
}

const never = new Promise<never>(() => {})

/**
 * A process in which one runtime runs, until it ends as a killed process does: from then on nothing runs, no timer fires, and
 * nothing is written or acknowledged. What the journal has got stays there.
 */
export class SimulatedProcess {
  readonly clock: World['clock']
  readonly journal: Journal
  readonly scheduler: Scheduler
  readonly #chosen: RandomScheduler
  /** Whether the journal has a disk, whose answers take as long as they take. */
  readonly #hasDisk: boolean
  readonly #ended = Promise.withResolvers<void>()
  /** What the journal has been asked for, and has not done yet. */
  readonly #asked = new Set<Promise<unknown>>()
  #isOver = false
  #waiting = 0
  #done = 0
  #moved: PromiseWithResolvers<void> | undefined

  constructor({ clock, journal, scheduler, onFrames = () => {} }: World) {
    this.#chosen = scheduler
    this.#hasDisk = journal.isLasting === true
    this.clock = {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (ms, fire, options) => clock.after(ms, this.#whileAlive(fire), options),
    }
    this.scheduler = {
      microtask: task => scheduler.microtask(this.#counted(task)),
      turn: task => scheduler.turn(this.#counted(task)),
      next: ready => (this.#isOver ? undefined : scheduler.next(ready)),
    }
    this.journal = this.#mortal(journal, onFrames)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether something is about to run. */
  get isReady(): boolean {
    return !this.#isOver && this.#waiting > 0
  }

  /** Whether the journal is at work. */
  get isAwaitingJournal(): boolean {
    return !this.#isOver && this.#asked.size > 0
  }

  /** How much has run so far; a number that stands still while nothing happens. */
  get done(): number {
    return this.#done
  }

  /** Resolves when the process ends. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Resolves when something runs, when the journal has done something, or when the process ends. */
  get moved(): Promise<void> {
    this.#moved ??= Promise.withResolvers()
    return this.#moved.promise
  }

  /** Ends the process at once. */
  end(): void {
    this.#isOver = true
    this.#ended.resolve()
    this.#move()
  }

  /** Resolves when the journal has done what the process has asked for. */
  async left(): Promise<void> {
    await Promise.allSettled(this.#asked)
  }

  #move(): void {
    this.#done++
    this.#moved?.resolve()
    this.#moved = undefined
  }

  #whileAlive(task: () => void): () => void {
    return () => {
      if (this.#isOver) return
      this.#move()
      task()
    }
  }

  #counted(task: () => void): () => void {
    const run = this.#whileAlive(task)
    this.#waiting++
    return () => {
      this.#waiting--
      run()
    }
  }

  #mortal(journal: Journal, onFrames: (frames: readonly Frame[]) => void): Journal {
    const used =
      <A extends readonly unknown[], T>(use: (...args: A) => Promise<T>) =>
      (...args: A): Promise<T> =>
        this.#use(() => use(...args))
    const { handing, inHand } = journal
    return {
      append: used(async (...[partition, epoch, expected, frames, checkpoints]: Parameters<Journal['append']>) => {
        const written = asOnDisk(frames)
        await journal.append(partition, epoch, expected, written, checkpoints && copied(checkpoints))
        onFrames(written)
      }),
      read: (partition, after) => this.#read(journal.read(partition, after)),
      partitions: used(() => journal.partitions()),
      saved: used(partition => journal.saved(partition)),
      save: used((partition, snapshot) => journal.save(partition, snapshot)),
      prune: used((partition, upTo) => journal.prune(partition, upTo)),
      newest: used(most => journal.newest(most)),
      readers: used(() => journal.readers()),
      marks: used(reader => journal.marks(reader)),
      mark: used((reader, marks) => journal.mark(reader, marks)),
      delete: used((partition, epoch) => journal.delete(partition, epoch)),
      // The journal outlives this process: the test closes it.
      close: () => Promise.resolve(),
      // It outlives the process, also where it is in memory.
      isLasting: true,
      ...(handing && {
        handing: (partition, agent, seq) => {
          if (!this.#isOver) handing.call(journal, partition, agent, seq)
        },
      }),
      ...(inHand && { inHand: used(() => inHand.call(journal)) }),
    }
  }

  async #use<T>(use: () => Promise<T>): Promise<T> {
    if (this.#isOver) return never
    const asked = use()
    this.#asked.add(asked)
    try {
      if (this.#hasDisk) await this.#turnOf(asked)
      return await asked
    } finally {
      this.#asked.delete(asked)
      this.#move()
      // The code that waits belongs to a process that has ended: it must not go on.
      if (this.#isOver) await never
    }
  }

  /** Resolves at a moment that the seed has chosen, at which the disk has answered: nothing else runs until it has. */
  #turnOf(answer: Promise<unknown>): Promise<void> {
    return new Promise(resolve => this.scheduler.turn(() => resolve(this.#chosen.standStill(answer))))
  }

  #read(frames: AsyncIterable<Frame>): AsyncIterable<Frame> {
    return {
      [Symbol.asyncIterator]: () => {
        const reading = frames[Symbol.asyncIterator]()
        return {
          next: () => this.#use(() => reading.next()),
          return: async () => (await reading.return?.()) ?? { done: true, value: undefined },
        }
      },
    }
  }
}

/** What comes back from a disk: a journal in memory must not show the next process the objects of the last one. */
function asOnDisk<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

function copied(checkpoints: NonNullable<Parameters<Journal['append']>[4]>): typeof checkpoints {
  return new Map(Array.from(checkpoints, ([agent, checkpoint]) => [agent, checkpoint && asOnDisk(checkpoint)]))
}
