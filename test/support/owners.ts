import {
  type AddedEvent,
  createRuntime,
  type Journal,
  memoryJournal,
  type RemovedEvent,
  type RuntimeOptions,
} from 'troupe'
import { createSimulatedClock, type JoinOptions, seededRandom, sharedOwnership } from 'troupe/testing'
import { onTestFinished } from 'vitest'
import { suiteScheduler } from './settle.ts'

/** Milliseconds of a lease. */
export const lease = 15_000

/** One journal and one ownership, which several runtimes of a test share. */
export function owners(inner: Journal = memoryJournal()) {
  const clock = createSimulatedClock()
  const shared = sharedOwnership({ clock, lease })
  const journal: Journal = { ...inner, close: async () => {} }
  const { ownerOf } = shared.join('watcher', { takes: () => false })
  let count = 0
  onTestFinished(() => inner.close())

  /** Starts a runtime of this name. */
  const start = async <S extends object, A extends AddedEvent, R extends RemovedEvent>(
    name: string,
    options: RuntimeOptions<S, A, R>,
    join: JoinOptions = {},
  ) => {
    const random = seededRandom(++count)
    const ownership = shared.join(name, join)
    const runtime = createRuntime({
      log: 'silent',
      clock,
      scheduler: suiteScheduler,
      random,
      journal,
      ownership,
      ...options,
    })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    return await runtime.start()
  }

  /** Pauses a runtime for longer than its leases; it does not notice that they are over. */
  const pause = (name: string) => {
    shared.pause(name)
    clock.advance(lease)
  }
  return { ...shared, ownerOf, clock, journal, start, pause }
}
