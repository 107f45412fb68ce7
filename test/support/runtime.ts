import type { AddedEvent, RemovedEvent } from 'troupe'
import { createRuntime, type Journal, localTransport, memoryJournal, type RuntimeOptions, type Transport } from 'troupe'
import { channelTransport, createSimulatedClock, seededRandom, slowJournal } from 'troupe/testing'
import { onTestFailed, onTestFinished } from 'vitest'
import { failingJournal } from './failing-journal.ts'
import { suiteScheduler } from './settle.ts'
import { temporaryJournal } from './temporary-journal.ts'

/** The seed of the slow journal; a failing run prints it, and TROUPE_SEED repeats it. */
const seed = Number(process.env['TROUPE_SEED'] ?? Date.now())

/**
 * The journal that the suite runs on: in memory, or, when asked for, one that acknowledges late and in random batches, one
 * that fails at random, or a file of SQLite. Every promise of the suite holds on all of them.
 */
export function suiteJournal(): Journal {
  const kind = process.env['TROUPE_JOURNAL']
  if (kind === 'sqlite') return temporaryJournal()
  if (kind !== 'slow' && kind !== 'failing') return memoryJournal()
  onTestFailed(() => console.error(`repeat with TROUPE_JOURNAL=${kind} TROUPE_SEED=${seed}`))
  return kind === 'slow'
    ? slowJournal(seededRandom(seed), memoryJournal(), suiteScheduler)
    : failingJournal(seededRandom(seed))
}

/**
 * How partitions of the suite reach each other: by reference, or, when asked for, by messages that arrive at once, or that a
 * `MessageChannel` carries.
 */
export function suiteTransport(): Transport | undefined {
  const kind = process.env['TROUPE_TRANSPORT']
  if (kind === undefined) return undefined
  return kind === 'local' ? localTransport() : channelTransport()
}

/** A started runtime on simulated time and seeded ids, stopped when the test is over. */
export async function startRuntime<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: RuntimeOptions<S, A, R> = {},
) {
  const clock = createSimulatedClock()
  const chosen = suiteTransport()
  const transport = chosen && { transport: chosen }
  const runtime = createRuntime({
    journal: suiteJournal(),
    ...transport,
    clock,
    random: seededRandom(1),
    log: 'silent',
    scheduler: suiteScheduler,
    ...options,
  })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  return { runtime: await runtime.start(), clock }
}

export { passUntil, settle, suiteScheduler, turn, turns } from './settle.ts'
