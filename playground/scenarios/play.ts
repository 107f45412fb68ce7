import { setTimeout as sleep } from 'node:timers/promises'
import { type AddedEvent, createRuntime, type Journal, memoryJournal, type RemovedEvent } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import type { Scenario, Stage } from './scenario.ts'

/** How a scenario is played, where that differs from what it says itself. */
export interface PlayOptions {
  readonly seed?: number
  /** Where the frames go; in memory by default. The play closes it. */
  readonly journal?: Journal
  /** Gives up: the play stops its agents, and rejects with the reason. */
  readonly signal?: AbortSignal
  /** How many times faster than a clock on the wall time passes; by default it takes none at all. */
  readonly speed?: number
  /** Is told of each step and each assert as soon as it is over. */
  readonly told?: (one: PlayedStep | PlayedAssert) => void
}

/** How a scenario went. */
export interface Played {
  readonly id: string
  readonly seed: number
  /** Whether every step could be done, and every assert holds. */
  readonly ok: boolean
  /** Those that were begun: one that fails is the last. */
  readonly steps: readonly PlayedStep[]
  readonly asserts: readonly PlayedAssert[]
}

/** How a step went. */
export interface PlayedStep {
  readonly does: string
  /** Milliseconds since the scenario began. */
  readonly at: number
  readonly done: boolean
  readonly why?: string
}

/** How an assert turned out. */
export interface PlayedAssert {
  readonly that: string
  readonly holds: boolean
  readonly why?: string
}

/**
 * Plays a scenario on simulated time: its steps in order, then its asserts, all of them.
 *
 * @example
 * const { ok, asserts } = await playScenario(scenario)
 *
 * @throws what `createRuntime` and `start` throw, when its agents cannot even start; the reason of the signal
 */
export async function playScenario<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  scenario: Scenario<S, A, R>,
  { seed = scenario.seed, journal = memoryJournal(), signal = never, speed, told = () => {} }: PlayOptions = {},
): Promise<Played> {
  const clock = createSimulatedClock()
  const began = clock.now()
  const runtime = await createRuntime({ ...scenario.runtime, clock, journal, random: seededRandom(seed) }).start()
  const stage: Stage<S, A, R> = {
    runtime,
    async pass(ms) {
      const end = clock.now() + ms
      await turns()
      while (clock.now() < end) {
        const next = Math.min(moment, end - clock.now())
        if (speed !== undefined) await sleep(next / speed, undefined, { signal })
        signal.throwIfAborted()
        clock.advance(next)
        await turns()
      }
    },
    said: ({ type, schema }) =>
      runtime.bus.history({ type }).map(({ data, ...facts }) => ({ ...facts, type, data: schema.parse(data) })),
  }

  const steps: PlayedStep[] = []
  const asserts: PlayedAssert[] = []
  try {
    for (const { does, run, idle } of scenario.steps) {
      const at = clock.now() - began
      const why = await failureOf(signal, async () => {
        await run(stage)
        if (idle) await runtime.idle()
      })
      const step = { does, at, done: why === undefined, ...(why !== undefined && { why }) }
      steps.push(step)
      told(step)
      if (why !== undefined) break
    }
    for (const { that, check } of scenario.asserts) {
      const why = await failureOf(signal, () => check(stage))
      const assert = { that, holds: why === undefined, ...(why !== undefined && { why }) }
      asserts.push(assert)
      told(assert)
    }
  } finally {
    await runtime.stop({ timeout: 0 })
  }
  const ok = steps.every(({ done }) => done) && asserts.every(({ holds }) => holds)
  return { id: scenario.id, seed, ok, steps, asserts }
}

const never = new AbortController().signal

// An agent sets its next timer when it handles the last one. Time that passed in one piece would leave it behind.
const moment = 100

// Not until all are at rest: whoever waits for an answer that never comes rests only when time has passed.
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}

/** What went wrong, if anything did. @throws the reason of the signal, however long the work would take */
async function failureOf(signal: AbortSignal, work: () => unknown): Promise<string | undefined> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    await Promise.race([givenUp, (async () => work())()])
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error.message : `${error}`
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
