import { type SettlingScheduler, type SimulatedClock, settlingScheduler } from 'troupe/testing'
import { pendingOnDisk } from './temporary-journal.ts'

/** Timers after which a program is taken to go on for ever. */
const mostTimers = 100_000

/** The scheduler of the runtimes of the suite. */
export const suiteScheduler = settlingScheduler({ outside: pendingOnDisk })

/** Resolves when nothing more happens before time passes: no runtime of the test has anything left to run, and the disk rests. */
export const settle = () => suiteScheduler.settle()

/** What a journal of the suite is at work on, beside the runtimes; for runtimes that have a scheduler of their own. */
export const suiteAtWork = () => (suiteScheduler.waiting > 0 ? turn() : pendingOnDisk())

/** Waits for one turn of the event loop, and for pending work of the disk. */
export async function turn(): Promise<void> {
  await new Promise<void>(resolve => suiteScheduler.turn(resolve))
  await pendingOnDisk()
}

/** Waits for so many turns of the event loop: to act while something is under way, not to wait for its end. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn()
}

/** Lets time pass, from one timer to the next, until a promise settles. */
export async function passUntil<T>(
  clock: Pick<SimulatedClock, 'advance' | 'elapsed' | 'next'>,
  work: Promise<T>,
  scheduler: Pick<SettlingScheduler, 'settle'> = suiteScheduler,
): Promise<T> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  work.then(end, end)
  for (let timers = 0; timers < mostTimers; timers++) {
    await scheduler.settle()
    if (isOver) return work
    if (clock.next === undefined) break
    clock.advance(clock.next - clock.elapsed())
  }
  throw new Error('Nothing is left to happen, and the promise has not settled.')
}
