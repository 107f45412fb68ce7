import {
  type AddedEvent,
  type Checkpoints,
  createRuntime,
  type Frame,
  type Journal,
  type RemovedEvent,
  type Runtime,
  type RuntimeOptions,
} from 'troupe'
import { createSimulatedClock, type SimulatedClock, seededRandom } from 'troupe/testing'
import { onTestFinished } from 'vitest'
import { createRecord, type Life } from './lives.ts'
import { suiteTransport } from './runtime.ts'
import { suiteScheduler, turns } from './settle.ts'

/**
 * Decides at each append: `undefined` if the process goes on. Otherwise the process ends here, and so many of these frames are
 * written.
 */
export type Ending = (frames: readonly Frame[]) => number | undefined

/** How the append ends at which a process ends; `cut`: it is written up to the matching frame. */
export type LastAppend = 'written' | 'lost' | 'cut'

/** The process ends at its n-th append, counted from 1. */
export function atAppend(n: number, last: 'written' | 'lost'): Ending {
  let count = 0
  return frames => {
    if (++count !== n) return undefined
    return last === 'written' ? frames.length : 0
  }
}

/** Runs a story whose process ends at its first append, then at its second, and so on, until the story reaches its end. */
export async function atEveryAppend(story: (ending: Ending) => Promise<boolean>): Promise<void> {
  for (const last of ['written', 'lost'] as const) {
    let isEnded = true
    for (let n = 1; isEnded; n++) isEnded = await story(atAppend(n, last))
  }
}

/** The process ends at the first matching frame. */
export function atFrame(isLast: (frame: Frame) => boolean, last: LastAppend): Ending {
  return frames => {
    const place = frames.findIndex(isLast)
    if (place < 0) return undefined
    return { written: frames.length, lost: 0, cut: place + 1 }[last]
  }
}

/** The process never ends by itself. */
export const goesOn: Ending = () => undefined

interface ProgramOptions {
  /** How many turns of the event loop an append takes, and its acknowledgement; none by default. */
  readonly pace?: () => number
}

/** A program on simulated time, whose processes end and start again on one journal. */
export type Program = ReturnType<typeof createProgram>

/** @param options `pace`: the delays of its journal */
export function createProgram({ pace }: ProgramOptions = {}) {
  const record = createRecord()
  const clock = createSimulatedClock()
  let living: Life | undefined

  /** The journal and the clock of the next process. A running process crashes. */
  function begin(ending: Ending) {
    const { promise: ended, resolve } = Promise.withResolvers<true>()
    const life = record.next()
    living = life
    const prompt = endingAt(life, ending, () => resolve(true))
    return { life, ended, journal: pace ? paced(prompt, pace) : prompt, clock: mortal(clock, life) }
  }

  function create<S extends object, A extends AddedEvent, R extends RemovedEvent>(
    options: RuntimeOptions<S, A, R>,
    { life, journal, clock }: ReturnType<typeof begin>,
  ) {
    // All processes have the same seed, like a program with a fixed seed.
    const chosen = suiteTransport()
    const transport = chosen && { transport: chosen }
    const runtime = createRuntime({
      journal,
      ...transport,
      clock,
      scheduler: suiteScheduler,
      random: seededRandom(1),
      log: 'silent',
      ...options,
    })
    onTestFinished(async () => {
      // The stop of a process that has ended would never resolve.
      if (!life.isOver) await runtime.stop({ timeout: 0 })
    })
    return runtime
  }

  return {
    clock,
    frames: record.frames,
    begin,
    /** The next process before it has started. A running process crashes. */
    create<S extends object, A extends AddedEvent, R extends RemovedEvent>(
      options: RuntimeOptions<S, A, R>,
    ): Runtime<S, A, R> {
      return create(options, begin(goesOn))
    },
    /** Starts the next process on the journal. */
    start<S extends object, A extends AddedEvent, R extends RemovedEvent>(
      options: RuntimeOptions<S, A, R>,
    ): Promise<Runtime<S, A, R>> {
      return create(options, begin(goesOn)).start()
    },
    /** Runs a process that ends as `ending` says, or with its story; resolves to whether it ended before the story. */
    async until<S extends object, A extends AddedEvent, R extends RemovedEvent>(
      ending: Ending,
      options: RuntimeOptions<S, A, R>,
      story: (runtime: Runtime<S, A, R>) => Promise<unknown>,
    ): Promise<boolean> {
      const process = begin(ending)
      const { ended } = process
      const runtime = create(options, process)
      const performed = runtime
        .start()
        .then(story)
        .then(() => false)
      const isEnded = await Promise.race([ended, performed])
      living?.end()
      return isEnded
    },
    /** Gives a function that says whether the present process still runs. A story must not go on in a process that has crashed. */
    pulse(): () => boolean {
      const life = living
      return () => life?.isOver === false
    },
    /** The process crashes. */
    crash: () => living?.end(),
  }
}

function endingAt(life: Life, ending: Ending, ended: () => void): Journal {
  return {
    ...life,
    append(partition, epoch, expectedPosition, frames, checkpoints) {
      const count = life.isOver ? undefined : ending(frames)
      if (count === undefined) return life.append(partition, epoch, expectedPosition, frames, checkpoints)
      const some = frames.slice(0, count)
      const writing =
        count === 0
          ? new Promise<never>(() => {})
          : life.append(partition, epoch, expectedPosition, some, upTo(some.at(-1)?.position ?? 0, checkpoints))
      life.end()
      ended()
      return writing
    },
  }
}

/** A slow journal. An append of a process that ends meanwhile is not written. */
function paced(journal: Journal, pace: () => number): Journal {
  const wait = () => turns(pace())
  return {
    ...journal,
    async append(...appended) {
      await wait()
      await journal.append(...appended)
      await wait()
    },
  }
}

function upTo(position: number, checkpoints: Checkpoints | undefined): Checkpoints {
  return new Map([...(checkpoints ?? [])].filter(([, checkpoint]) => (checkpoint?.position ?? 0) <= position))
}

/** A clock whose timers end with the process that has set them. */
function mortal(clock: SimulatedClock, life: Life): SimulatedClock {
  return {
    now: () => clock.now(),
    after: (ms, fn) => clock.after(ms, () => life.isOver || fn()),
    elapsed: () => clock.elapsed(),
    advance: ms => clock.advance(ms),
    set: now => clock.set(now),
    get pending() {
      return clock.pending
    },
    get next() {
      return clock.next
    },
  }
}

/** The deliveries without a counted outcome that do not wait either. */
export function lost({ bus }: Pick<Runtime, 'bus'>) {
  const { offered, accepted, rejected, created, ...figures } = bus.metrics()
  const { handled, ignored, failed, dead, coalesced, waiting } = figures
  return {
    events: offered - accepted - rejected,
    deliveries: created - handled - ignored - failed - dead - coalesced - waiting,
  }
}

export const nothingLost = { events: 0, deliveries: 0 }
