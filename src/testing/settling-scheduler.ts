import { type Scheduler, systemScheduler, TroupeError } from '../index.ts'

/** So many turns of the event loop in which nothing runs mean that nothing happens before time passes. */
const quietTurns = 5
/** Turns of the event loop after which a program is taken to go on for ever; most programs need some thousand. */
export const usualMost = 1_000_000

/** How long `settle` and `pass` wait. */
export interface SettleOptions {
  /** Turns of the event loop after which the program is taken to go on for ever; 1,000,000 by default. */
  readonly most?: number
}

/** A scheduler that knows whether anything is left to run. */
export interface SettlingScheduler extends Scheduler {
  /** How many microtasks and turns wait. */
  readonly waiting: number
  /**
   * Resolves when nothing more happens before time passes, in all runtimes that have this scheduler.
   *
   * @throws NeverSettlesError after `most` turns of the event loop
   */
  settle(options?: SettleOptions): Promise<void>
}

/** What a `settlingScheduler` stands on. */
export interface SettlingOptions {
  /** Queues the work and chooses the order; `systemScheduler` by default. */
  readonly inner?: Scheduler
  /**
   * Gives a promise while something outside the runtimes is at work, such as a disk. `settle` waits for that promise, and then for
   * what the runtimes do with the answer.
   */
  readonly outside?: () => Promise<unknown> | undefined
}

/**
 * A scheduler for tests that make their runtimes themselves, such as several that share one journal: `settle` waits until none of
 * them has anything left to run. A test of one runtime has the same from `createTestRuntime`.
 *
 * @example
 * const scheduler = settlingScheduler()
 * const [one, two] = [createRuntime({ scheduler, party: trip }), createRuntime({ scheduler, party: trip })]
 * await Promise.all([one.start(), two.start()])
 * await one.bus.publish(booked({ seat: 7 }))
 * await scheduler.settle()
 *
 * @param options `inner`: another scheduler; `outside`: what else has to rest
 */
export function settlingScheduler({
  inner = systemScheduler,
  outside = () => undefined,
}: SettlingOptions = {}): SettlingScheduler {
  let waiting = 0
  let done = 0
  const counted = (task: () => void) => {
    waiting++
    return () => {
      waiting--
      done++
      task()
    }
  }
  /** Lets the event loop turn once; resolves to whether nothing ran. */
  const isQuiet = async (): Promise<boolean> => {
    const before = done
    const busy = outside()
    await busy
    await new Promise<void>(resolve => systemScheduler.turn(resolve))
    return !busy && waiting === 0 && done === before
  }
  return {
    microtask: task => inner.microtask(counted(task)),
    turn: task => inner.turn(counted(task)),
    ...(inner.next && { next: ready => inner.next?.(ready) }),
    get waiting() {
      return waiting
    },
    async settle({ most = usualMost } = {}) {
      let turns = 0
      for (let quiet = 0; quiet < quietTurns; turns++) {
        if (turns > most) throw new NeverSettlesError(most)
        quiet = (await isQuiet()) ? quiet + 1 : 0
      }
    },
  }
}

/** A program went on and on, without any time passing. */
export class NeverSettlesError extends TroupeError {
  readonly code = 'NEVER_SETTLES'
  readonly turns: number
  readonly last: string | undefined
  constructor(turns: number, last?: string) {
    const said = last === undefined ? '' : `; the last event was "${last}"`
    super(
      `The program has not settled after ${turns} turns of the event loop${said}. Look for agents that answer each other for ever.`,
    )
    this.turns = turns
    this.last = last
  }
}
