import { createHash } from 'node:crypto'
import type { Checkpoint, Frame, Snapshot } from 'troupe'

/** A frame with a text in it. */
export function frame(partition: string, position: number, text = ''): Frame {
  const entries = [{ kind: 'reply' as const, seq: position, key: `${partition}/${position}`, data: text }]
  return { partition, position, time: position, cause: { kind: 'outside' }, entries }
}

export function checkpoint(position: number): Checkpoint {
  return { incarnation: 1, position, definition: 'dog@1#ab', snapshot: { value: 'idle', context: { position } } }
}

export function snapshot(position: number): Snapshot {
  const body = JSON.stringify({ summary: `up to ${position}` })
  return { position, hash: createHash('sha256').update(body).digest('hex'), body }
}
