import type { Frame, Journal } from 'troupe'
import type { PlannerState } from 'troupe/agents'

/** A journal that hands every frame on once it is durable. */
export function watched(journal: Journal, onFrame: (frame: Frame) => void): Journal {
  return {
    ...journal,
    async append(partition, epoch, expectedPosition, frames) {
      await journal.append(partition, epoch, expectedPosition, frames)
      for (const frame of frames) onFrame(frame)
    },
  }
}

/** A frame as one line: times as ISO 8601, as everywhere outside the process. */
export function frameLine(frame: Frame): string {
  const isTime = (key: string) => key === 'time' || key === 'at'
  return JSON.stringify({ kind: 'frame', ...frame }, (key, value: unknown) =>
    isTime(key) && typeof value === 'number' ? new Date(value).toISOString() : value,
  )
}

/** The last line: what became of the party. */
export function resultLine(partyId: string, state: PlannerState): string {
  return JSON.stringify({ kind: 'result', ok: true, partyId, state })
}
