import type { Entry, Frame, Journal } from 'troupe'
import type { PlannerState } from 'troupe/agents'

/** A journal that hands every frame on once it is durable. */
export function watched(journal: Journal, onFrame: (frame: Frame) => void): Journal {
  return {
    ...journal,
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      await journal.append(partition, epoch, expectedPosition, frames, checkpoints)
      for (const frame of frames) onFrame(frame)
    },
  }
}

/** A frame as one line: times as ISO 8601, as everywhere outside the process. */
export function frameLine(frame: Frame): string {
  const { time, entries } = frame
  return JSON.stringify({ kind: 'frame', ...frame, time: isoTime(time), entries: entries.map(withIsoTimes) })
}

function withIsoTimes(entry: Entry): unknown {
  if (entry.kind === 'timer') return { ...entry, at: isoTime(entry.at) }
  if (!('envelope' in entry)) return entry
  return { ...entry, envelope: { ...entry.envelope, time: isoTime(entry.envelope.time) } }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** The last line: what became of the party. */
export function resultLine(partyId: string, state: PlannerState): string {
  return JSON.stringify({ kind: 'result', ok: true, partyId, state })
}
