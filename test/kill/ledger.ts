import type { Frame } from 'troupe'

/** The effects in a journal. */
export interface Ledger {
  /** Keys of effects that were wanted. */
  readonly intents: readonly string[]
  /** Keys of effects that have ended. */
  readonly outcomes: readonly string[]
  /** Events and requests that were delivered. */
  readonly events: number
}

/** How often the outside world got each key. */
export type Calls = Readonly<Record<string, number>>

/** @param isOutside whether the effect of this name is counted by the outside world */
export function ledgerOf(frames: readonly Frame[], isOutside: (name: string) => boolean = () => true): Ledger {
  const entries = frames.flatMap(frame => frame.entries)
  const intents = entries.flatMap(entry => (entry.kind === 'effect' && isOutside(entry.name) ? [entry.key] : []))
  const wanted = new Set(intents)
  const outcomes = entries.flatMap(entry => (entry.kind === 'outcome' && wanted.has(entry.key) ? [entry.key] : []))
  const events = entries.filter(({ kind }) => kind === 'event' || kind === 'asked').length
  return { intents, outcomes, events }
}

/** Counts keys, one for each call. */
export function callsOf(keys: Iterable<string>): Calls {
  const calls: Record<string, number> = {}
  for (const key of keys) calls[key] = (calls[key] ?? 0) + 1
  return calls
}

/** Finds effects that were not done, were done more than once plus once for each kill, or whose end was not recorded exactly once. */
export function wrongIn({ intents, outcomes }: Ledger, calls: Calls, kills: number): readonly string[] {
  const often = Object.entries(calls).filter(([, times]) => times > 1 + kills)
  return [
    ...often.map(([key, times]) => `${key} was called ${times} times`),
    ...different('called', Object.keys(calls), 'wanted', intents),
    ...different('ended', outcomes, 'wanted', intents),
  ]
}

function different(what: string, ones: readonly string[], than: string, others: readonly string[]): readonly string[] {
  const known = new Set(others)
  const found = new Set(ones)
  return [
    ...(found.size < ones.length ? [`some keys ${what} twice`] : []),
    ...ones.filter(key => !known.has(key)).map(key => `${key}: ${what}, not ${than}`),
    ...others.filter(key => !found.has(key)).map(key => `${key}: ${than}, not ${what}`),
  ]
}
