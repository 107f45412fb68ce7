import { createHash } from 'node:crypto'
import type { Checkpoint, Frame, Snapshot } from 'troupe'

/** A frame with a text in it. */
export function frame(partition: string, position: number, text = ''): Frame {
  const entries = [{ kind: 'reply' as const, seq: position, key: `${partition}/${position}`, data: text }]
  return { partition, position, time: position, cause: { kind: 'outside' }, entries }
}

/** @param log what makes its context long */
export function checkpoint(position: number, log?: readonly string[]): Checkpoint {
  const context = { position, ...(log && { log: [...log] }) }
  return { incarnation: 1, position, definition: 'dog@1#ab', snapshot: { value: 'idle', context } }
}

export function snapshot(position: number): Snapshot {
  const body = JSON.stringify({ summary: `up to ${position}` })
  return { position, hash: createHash('sha256').update(body).digest('hex'), body }
}
