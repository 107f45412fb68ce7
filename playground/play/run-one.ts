import { LateError, within } from '../../src/cli/interruption.ts'
import { type PlayedAssert, type PlayOptions, playScenario } from '../stage/play.ts'
import type { Scenario } from '../stage/scenario.ts'
import type { PlayedStep } from '../stage/stage.ts'

/** How a scenario is run. */
export interface RunOptions extends Pick<PlayOptions, 'onFrame' | 'onForgotten' | 'onStart' | 'onEnd'> {
  readonly seed: number
  /** Milliseconds that it may take. */
  readonly timeout: number
  readonly speed: number | undefined
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  readonly told: (one: PlayedStep | PlayedAssert) => void
}

/** How it ended. */
export interface Ended {
  readonly id: string
  readonly seed: number
  readonly ok: boolean
  /** Milliseconds on the wall. */
  readonly ms: number
  readonly asserts: readonly PlayedAssert[]
  /** What kept it from its end, if anything did: a step, or something that is not among its steps. */
  readonly why?: string
  readonly isLate?: true
}

/** Plays one scenario and returns how it ended, also when it fails. @throws the reason of the signal */
export async function runOne(scenario: Scenario, options: RunOptions): Promise<Ended> {
  const { seed, timeout, signal } = options
  const began = performance.now()
  const end = (rest: Pick<Ended, 'ok' | 'asserts' | 'why' | 'isLate'>): Ended => ({
    id: scenario.id,
    seed,
    ms: Math.round(performance.now() - began),
    ...rest,
  })
  try {
    const playing = within(timeout, signal, either => playScenario(scenario, { ...options, signal: either }))
    const { ok, steps, asserts } = await playing
    const stuck = steps.find(({ done }) => !done)
    return end({ ok, asserts, ...(stuck && { why: `${stuck.does} ${stuck.why}` }) })
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : `${error}`
    return end({ ok: false, asserts: [], why, ...(error instanceof LateError && { isLate: true }) })
  }
}

/** The last line of a scenario: how it ended. */
export function resultLine({ ok, id, seed, ms, asserts, why }: Ended): string {
  return JSON.stringify({ kind: 'result', ok, id, seed, ms, asserts, why })
}
