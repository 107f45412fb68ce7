import { createHash } from 'node:crypto'
import type { Checkpoint, Frame, Journal, Snapshot } from '../../index.ts'

/** A test of a promise of the port `Journal`. */
export type Check = (journal: Journal) => Promise<void>

/** The time of the frame is its position, so that frames are appended in the order of their times. */
export function frame(partition: string, position: number, data: unknown = null): Frame {
  const entries = [{ kind: 'reply' as const, seq: position, key: `${partition}/${position}`, data }]
  return { partition, position, time: position, cause: { kind: 'outside' }, entries }
}

export function checkpoint(position: number): Checkpoint {
  return {
    incarnation: 1,
    position,
    definition: 'dog@1#ab',
    snapshot: { value: 'idle', context: { word: 'ä€', position } },
  }
}

export function snapshot(position: number): Snapshot {
  const body = JSON.stringify({ position, word: 'ä€' })
  return { position, hash: createHash('sha256').update(body).digest('hex'), body }
}

export async function framesOf(journal: Journal, partition: string, after?: number): Promise<readonly Frame[]> {
  const found: Frame[] = []
  for await (const one of journal.read(partition, after)) found.push(one)
  return found
}

export async function positions(journal: Journal, partition: string, after?: number): Promise<readonly number[]> {
  return (await framesOf(journal, partition, after)).map(({ position }) => position)
}

export function mapOf<T>(fields: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(fields))
}
