import type { Entry, Frame } from '../journal/frame.ts'

/**
 * A frame as one line of JSON. Times are ISO 8601, as everywhere outside the process.
 *
 * @param also other fields of the line, such as the scenario of the frame
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

/** A timer may be set for a time that is too large for a date. */
function isDate(at: number | undefined): at is number {
  return at !== undefined && !Number.isNaN(new Date(at).getTime())
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
