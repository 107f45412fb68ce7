import { setTimeout as sleep } from 'node:timers/promises'
import { type AddedEvent, createRuntime, type Frame, type Journal, type RemovedEvent } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import type { Scenario, Stage, Step } from './scenario.ts'

/** How a step went. */
export interface PlayedStep {
  readonly does: string
  /** Milliseconds since the scenario began. */
  readonly at: number
  readonly done: boolean
  readonly why?: string
}

/** What a stage stands on. */
export interface StageOptions {
  readonly seed: number
  readonly journal: Journal
  readonly signal: AbortSignal
  /** Milliseconds since the scenario began. */
  readonly at: number
  /** How many times faster than a clock on the wall time passes; by default no time passes on the wall. */
  readonly speed: number | undefined
  readonly onFrame: (frame: Frame) => void
  readonly onForgotten: (partition: string) => void
}

/** A stage that is ready: steps are done on it, in one process. */
export interface BuiltStage<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly stage: Stage<S, A, R>
  /** Does one step. @throws the reason of the signal */
  done(step: Step<S, A, R>): Promise<PlayedStep>
  /** Milliseconds since the scenario began. */
  at(): number
}

/** Starts the runtime of a scenario on simulated time. @throws what `createRuntime` and `start` throw */
export async function buildStage<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  scenario: Scenario<S, A, R>,
  { seed, journal, signal, at, speed, onFrame, onForgotten }: StageOptions,
): Promise<BuiltStage<S, A, R>> {
  const clock = createSimulatedClock()
  const began = clock.now()
  clock.advance(at)
  let appending = 0
  const watched: Journal = {
    ...journal,
    async append(...what) {
      appending++
      try {
        await journal.append(...what)
      } finally {
        appending--
      }
      for (const frame of what[3]) onFrame(frame)
    },
    async delete(partition) {
      await journal.delete(partition)
      onForgotten(partition)
    },
  }
  // Does not wait until all agents are at rest: an agent that waits for an answer that never comes rests only after its deadline.
  const turns = async () => {
    for (let turn = 0; turn < 10; turn++) {
      await new Promise(setImmediate)
      if (appending > 0) turn = 0
    }
  }
  const random = seededRandom(seed)
  const runtime = await createRuntime({
    development: false,
    ...scenario.runtime,
    clock,
    journal: watched,
    random,
  }).start()
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
  return {
    stage,
    at: () => clock.now() - began,
    async done({ does, run, idle }) {
      const at = clock.now() - began
      const why = await failureOf(signal, async () => {
        await run(stage)
        if (idle) await runtime.idle()
      })
      return { does, at, done: why === undefined, ...(why !== undefined && { why }) }
    },
  }
}

// An agent sets its next timer when it handles the last timer, so time has to pass in small pieces.
const moment = 100

/** What went wrong, if anything did. @throws the reason of the signal, however long the work would take */
export async function failureOf(signal: AbortSignal, work: () => unknown): Promise<string | undefined> {
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
