import { playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { differenceOf } from './difference.ts'
import { type RecordedFrame, type RunRecord, recorded } from './record.ts'

/** What became of a recorded run, when it was played again. */
export interface Replayed {
  /** Whether every frame is the one that the record holds, and so everything that they add up to. */
  readonly ok: boolean
  readonly id: string
  readonly seed: number
  readonly frames: number
  /** The first frame that is not, and in what. */
  readonly difference?: string
}

/**
 * Plays the scenario of a record again with its seed, and compares every frame with the recorded one.
 *
 * @throws the reason of the signal
 */
export async function replay(scenario: Scenario, { seed, frames }: RunRecord, signal: AbortSignal): Promise<Replayed> {
  const again: RecordedFrame[] = []
  await playScenario(scenario, { seed, signal, onFrame: frame => void again.push(recorded(frame)) })
  const difference = firstDifference(frames, again)
  const facts = { ok: difference === undefined, id: scenario.id, seed, frames: frames.length }
  return difference === undefined ? facts : { ...facts, difference }
}

function firstDifference(held: readonly RecordedFrame[], again: readonly RecordedFrame[]): string | undefined {
  for (const [place, frame] of held.entries()) {
    const other = again[place]
    const what = `Frame ${place + 1} of the record, ${frame.partition} at ${frame.position}`
    if (!other) return `${what}, does not come when it is played again.`
    const difference = differenceOf(other, frame)
    if (difference !== undefined) return `${what}, differs from what is played: ${difference}.`
  }
  if (again.length === held.length) return undefined
  return `The record ends after ${held.length} frames; played again, there are ${again.length}.`
}
