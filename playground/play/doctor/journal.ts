import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Frame, Journal } from 'troupe'
import { type Found, reasonOf } from '../../../src/cli/doctor/check.ts'
import { inNewFolder } from './new-folder.ts'

/** How often it is measured. */
const times = 21
const partition = 'party/doctor'

/** Milliseconds: no disk has written anything in less. */
const tooSoon = 0.02

/** Whether a journal on SQLite keeps what it has acknowledged, and how long that takes. */
export async function journal(directory: string, signal: AbortSignal): Promise<Found> {
  try {
    return await looked(directory, signal)
  } catch (error) {
    signal.throwIfAborted()
    return {
      how: 'failed',
      says: `No journal can be kept in ${directory}: ${reasonOf(error)}.`,
      fix: 'Name another directory: TMPDIR=DIR npm run play -- ...; for parties, npm start -- --data DIR',
    }
  }
}

function looked(directory: string, signal: AbortSignal): Promise<Found> {
  return inNewFolder(directory, signal, async folder => {
    // Where packages are missing, it cannot be loaded, and all the other checks can.
    const { sqliteJournal } = await import('troupe/sqlite')
    signal.throwIfAborted()
    const frames = Array.from({ length: times }, (_, place) => frameAt(place + 1))
    const appends = await used(sqliteJournal({ directory: folder }), one => appended(one, frames))
    const kept = await used(sqliteJournal({ directory: folder }), framesOf)
    if (!isDeepStrictEqual(kept, frames))
      return {
        how: 'failed',
        says: `Of ${times} frames that were acknowledged in ${directory}, the journal gives back ${kept.length}, and not as they were.`,
        fix: 'Keep no journal on that disk.',
      }
    return judged(directory, median(appends), median(flushes(folder)))
  })
}

/**
 * What is to be said of a disk: how fast it is is no reason to fail.
 *
 * @param append milliseconds that a journal took to acknowledge a frame
 * @param flush milliseconds that the disk took to say that 4 KiB are written
 */
export function judged(directory: string, append: number, flush: number): Found {
  const says = `SQLite in ${directory} gives back what it was given; a frame is on the disk after ${append.toFixed(2)} ms.`
  const figures = { 'append ms': rounded(append), 'flush ms': rounded(flush) }
  if (flush >= tooSoon) return { how: 'ok', says, figures }
  return {
    how: 'remark',
    says: `${says} That disk says after ${flush.toFixed(4)} ms that it has written, sooner than a disk can: it is in memory, or does not wait.`,
    fix: 'What has to outlive a power failure belongs on another one: --data DIR',
    figures,
  }
}

function frameAt(position: number): Frame {
  return { partition, position, time: position, cause: { kind: 'outside' }, entries: [] }
}

async function used<T>(one: Journal, use: (one: Journal) => Promise<T>): Promise<T> {
  try {
    return await use(one)
  } finally {
    await one.close()
  }
}

async function appended(one: Journal, frames: readonly Frame[]): Promise<readonly number[]> {
  const took: number[] = []
  for (const frame of frames) {
    const began = performance.now()
    await one.append(partition, 1, frame.position - 1, [frame])
    took.push(performance.now() - began)
  }
  return took
}

async function framesOf(one: Journal): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of one.read(partition)) frames.push(frame)
  return frames
}

/** How long the disk itself takes, without a thread between, which would hide that it takes no time. */
function flushes(folder: string): readonly number[] {
  const file = openSync(join(folder, 'flushed'), 'w')
  const page = new Uint8Array(4_096)
  try {
    return Array.from({ length: times }, () => {
      writeSync(file, page)
      const began = performance.now()
      fdatasyncSync(file)
      return performance.now() - began
    })
  } finally {
    closeSync(file)
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3))
}
