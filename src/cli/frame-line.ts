import type { Entry, Frame } from '../journal/frame.ts'

/**
 * A frame as one line: times as ISO 8601, as everywhere outside the process.
 *
 * @param also what else the line says, such as the scenario that the frame is of
 */
export function frameLine(frame: Frame, also: Readonly<Record<string, string>> = {}): string {
  const { time, entries } = frame
  return JSON.stringify({ kind: 'frame', ...also, ...frame, time: isoTime(time), entries: entries.map(withIsoTimes) })
}

function withIsoTimes(entry: Entry): unknown {
  if (entry.kind === 'timer') return isDate(entry.at) ? { ...entry, at: isoTime(entry.at) } : entry
  if (!('envelope' in entry)) return entry
  return { ...entry, envelope: { ...entry.envelope, time: isoTime(entry.envelope.time) } }
}

/** A timer may be set for a time that no date reaches. */
function isDate(at: number | undefined): at is number {
  return at !== undefined && !Number.isNaN(new Date(at).getTime())
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
