import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AddedEvent, type Frame, type Journal, memoryJournal, type RemovedEvent, type Runtime } from 'troupe'
import { livedBefore } from './lives.ts'
import type { Scenario } from './scenario.ts'
import { buildStage, failureOf, type PlayedStep } from './stage.ts'

/** How a scenario is played, where that differs from what it says itself. */
export interface PlayOptions {
  readonly seed?: number
  /**
   * Where the frames go; in memory by default. The play closes it. A scenario whose process is killed has one of its own, on
   * the disk.
   */
  readonly journal?: Journal
  /** Gives up: the play stops its agents, and rejects with the reason. */
  readonly signal?: AbortSignal
  /** How many times faster than a clock on the wall time passes; by default no time passes on the wall. */
  readonly speed?: number | undefined
  /** Called for each step and each assert as soon as it is over. */
  readonly told?: (one: PlayedStep | PlayedAssert) => void
  /** Called with every frame once it is durable. */
  readonly onFrame?: (frame: Frame) => void
  /** Called when the journal forgets a partition, because its party was deleted. */
  readonly onForgotten?: (partition: string) => void
  /** Sees the runtime before the first step that is done in this process, which waits for it. */
  readonly onStart?: (runtime: Playing) => unknown
  /** Sees it after the last assert, when all that was written is durable; it stops when that is over. */
  readonly onEnd?: (runtime: Playing) => unknown
}

/** What may be seen of a runtime that plays. */
export interface Playing extends Pick<Runtime, 'observe'> {
  readonly parties: { list(): readonly { readonly id: string; readonly state: object }[] }
}

/** How a scenario went. */
export interface Played {
  readonly id: string
  readonly seed: number
  /** Whether every step could be done, and every assert holds. */
  readonly ok: boolean
  /** The steps that were begun. A step that fails is the last one. */
  readonly steps: readonly PlayedStep[]
  readonly asserts: readonly PlayedAssert[]
}

/** How an assert turned out. */
export interface PlayedAssert {
  readonly that: string
  readonly holds: boolean
  readonly why?: string
}

/** The same with every choice made. */
interface Choices extends Required<Omit<PlayOptions, 'speed'>> {
  readonly speed: number | undefined
}

/** What was played in other processes, before they were killed. */
interface Past {
  readonly steps: readonly PlayedStep[]
  /** Milliseconds since the scenario began. */
  readonly at: number
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
  options: PlayOptions = {},
): Promise<Played> {
  const { journal, speed, ...wishes } = options
  const choices = { ...usual, seed: scenario.seed, speed, ...wishes }
  if (scenario.steps.some(({ isKilled }) => isKilled)) return await playOnDisk(scenario, choices)
  return await playOn(scenario, { ...choices, journal: journal ?? memoryJournal() }, { steps: [], at: 0 })
}

/** Plays what comes before a death in processes that die of it, and the rest here, on what they left. */
async function playOnDisk<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  scenario: Scenario<S, A, R>,
  choices: Omit<Choices, 'journal'>,
): Promise<Played> {
  // Most scenarios need no disk.
  const { sqliteJournal } = await import('troupe/sqlite')
  const directory = await mkdtemp(join(tmpdir(), 'troupe-scenario-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  // A second Ctrl-C ends the process at once.
  process.once('exit', remove)
  try {
    const { told, onFrame } = choices
    const past = await livedBefore(scenario, { ...choices, directory })
    for (const step of past.steps) told(step)
    const journal = sqliteJournal({ directory })
    for (const { partition } of await journal.partitions())
      for await (const frame of journal.read(partition)) onFrame(frame)
    return await playOn(scenario, { ...choices, journal }, past)
  } finally {
    process.off('exit', remove)
    remove()
  }
}

async function playOn<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  scenario: Scenario<S, A, R>,
  choices: Choices,
  past: Past,
): Promise<Played> {
  const steps = [...past.steps]
  const asserts: PlayedAssert[] = []
  const { seed, signal, told, onStart, onEnd } = choices
  const { stage, done } = await buildStage(scenario, { ...choices, at: past.at })
  try {
    await onStart(stage.runtime)
    for (const step of scenario.steps.slice(steps.length)) {
      if (steps.at(-1)?.done === false) break
      const played = await done(step)
      steps.push(played)
      told(played)
    }
    for (const { that, check } of scenario.asserts) {
      const why = await failureOf(signal, () => check(stage))
      const assert = { that, holds: why === undefined, ...(why !== undefined && { why }) }
      asserts.push(assert)
      told(assert)
    }
    await stage.pass(0)
    await onEnd(stage.runtime)
  } finally {
    await stage.runtime.stop({ timeout: 0 })
  }
  const ok = steps.every(({ done }) => done) && asserts.every(({ holds }) => holds)
  return { id: scenario.id, seed, ok, steps, asserts }
}

const usual = {
  signal: new AbortController().signal,
  told: () => {},
  onFrame: () => {},
  onForgotten: () => {},
  onStart: () => {},
  onEnd: () => {},
}
