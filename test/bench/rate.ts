import type { Scale } from './suite.ts'
import { turn } from './turns.ts'

/** What a measured loop did: how fast, and how much in all, warm-up included. */
export interface Rate {
  readonly perSecond: number
  readonly done: number
}

/** How many operations one batch has, and how many are in flight where that is asked for. */
export const batchSize = 1_000

// The more code a contestant has, the longer until all of it is compiled: after 0.3 s some reach a third of their speed.
const warmUp = { full: 1_000, smoke: 0 } as const
const measured = { full: 700, smoke: 0 } as const

/** Milliseconds between two turns of a round that is compared with another. */
const slice = 10

/**
 * Runs batches for a while without looking, then for a while with the watch. By time and not by number, so that a slow
 * contestant gets as much of it as a fast one.
 */
export async function rate(scale: Scale, batch: (first: number, size: number) => unknown): Promise<Rate> {
  const warm = await runFor(warmUp[scale], 0, batch)
  const { done, elapsed } = await runFor(measured[scale], warm.done, batch)
  return { perSecond: ((done - warm.done) / elapsed) * 1_000, done }
}

async function runFor(ms: number, first: number, batch: (first: number, size: number) => unknown) {
  let done = first
  let elapsed = 0
  do {
    await turn()
    const begin = performance.now()
    let sliced = 0
    do {
      await batch(done, batchSize)
      done += batchSize
      sliced = performance.now() - begin
    } while (sliced < Math.min(slice, ms))
    elapsed += sliced
  } while (elapsed < ms)
  return { done, elapsed }
}

/** Asks one after the other. */
export const sequential = (ask: (n: number) => Promise<number>) => async (first: number, size: number) => {
  for (let n = first; n < first + size; n++) checkAnswer(n, await ask(n))
}

/** Asks a whole batch before it waits for the first answer. */
export const inFlight = (ask: (n: number) => Promise<number>) => async (first: number, size: number) => {
  const answers = await Promise.all(Array.from({ length: size }, (_, place) => ask(first + place)))
  for (const [place, answer] of answers.entries()) checkAnswer(first + place, answer)
}

// Every question of these suites is: what is the double of n?
function checkAnswer(n: number, answer: number): void {
  if (answer !== 2 * n) throw new Error(`asked to double ${n}, it answered ${answer}`)
}

/** Throws unless everything that was sent was handled: who does nothing is fast. */
export function checkCount<T>(what: string, counted: unknown, expected: T): void {
  if (counted !== expected) throw new Error(`${what}: ${counted} instead of ${expected}`)
}
