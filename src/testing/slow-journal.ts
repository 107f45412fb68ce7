import { type Journal, memoryJournal, type Scheduler, systemScheduler } from '../index.ts'
import { inFrontOf } from './in-front.ts'

/**
 * A journal that acknowledges late: each append takes a random number of turns of the event loop, so that the appends that come
 * meanwhile form batches of random sizes.
 *
 * @example
 * const runtime = createRuntime({ party: trip, journal: slowJournal(seededRandom(7)) })
 *
 * @param random numbers from 0 up to but not including 1; with `seededRandom` the delays are the same in each run
 * @param inner where the frames go
 * @param scheduler decides when the delays are over; the one of the runtime, if a test chooses the order
 */
export function slowJournal(
  random: () => number,
  inner: Journal = memoryJournal(),
  scheduler: Pick<Scheduler, 'turn'> = systemScheduler,
): Journal {
  const underWay = new Set<Promise<void>>()
  const late = async (...frames: Parameters<Journal['append']>) => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--)
      await new Promise<void>(resolve => scheduler.turn(resolve))
    await inner.append(...frames)
  }
  return {
    ...inFrontOf(inner),
    async append(...frames) {
      const appending = late(...frames)
      underWay.add(appending)
      await appending.finally(() => underWay.delete(appending))
    },
    async close() {
      await Promise.allSettled(underWay)
      await inner.close()
    },
  }
}

/** A journal whose acknowledgements a test controls. */
export interface HeldJournal extends Journal {
  /** How many appends wait. */
  readonly held: number
  /** Acknowledges the appends that wait and, until `hold`, all later appends. */
  release(): void
  /** Keeps all later appends waiting. */
  hold(): void
  /** Refuses the appends that wait and all later appends of one partition. */
  failFor(partition: string, error: Error): void
}

const heldJournals = new WeakSet<Journal>()

/** Whether `heldJournal` has made a journal. */
export function isHeld(journal: Journal): journal is HeldJournal {
  return heldJournals.has(journal)
}

/**
 * A journal that acknowledges when `release` is called, and refuses when `failFor` is called.
 *
 * @example
 * const journal = heldJournal()
 * journal.hold()
 * const added = party.addInput('vegan cake') // does not resolve before journal.release()
 */
export function heldJournal(inner: Journal = memoryJournal()): HeldJournal {
  let holding = false
  let waiting: (() => void)[] = []
  const failures = new Map<string, Error>()
  const letGo = () => {
    const due = waiting
    waiting = []
    for (const go of due) go()
  }
  const held: HeldJournal = {
    ...inFrontOf(inner),
    get held() {
      return waiting.length
    },
    async append(partition, ...frames) {
      if (holding && !failures.has(partition)) await new Promise<void>(resolve => waiting.push(resolve))
      const failure = failures.get(partition)
      if (failure) throw failure
      await inner.append(partition, ...frames)
    },
    hold() {
      holding = true
    },
    release() {
      holding = false
      letGo()
    },
    failFor(partition, error) {
      failures.set(partition, error)
      letGo()
    },
  }
  heldJournals.add(held)
  return held
}
