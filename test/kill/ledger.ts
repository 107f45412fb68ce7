import type { Frame } from 'troupe'

/** What effects did outside, and what the journal knows of it. */
export interface Ledger {
  /** How often each key was seen outside. */
  readonly calls: Readonly<Record<string, number>>
  /** Keys of the effects that the journal says were wanted. */
  readonly intents: readonly string[]
  /** Keys of the effects that the journal says have ended. */
  readonly outcomes: readonly string[]
  /** Events and requests that were delivered. */
  readonly events: number
  readonly frames: number
}

/**
 * @param calls `<key> <attempt>`, one for each call
 * @param isReceived whether an effect of this name does something outside
 */
export function ledgerOf(
  calls: readonly string[],
  frames: readonly Frame[],
  isReceived: (name: string) => boolean,
): Ledger {
  const counted: Record<string, number> = {}
  for (const call of calls) {
    const [key = ''] = call.split(' ')
    counted[key] = (counted[key] ?? 0) + 1
  }
  const entries = frames.flatMap(frame => frame.entries)
  const intents = entries.flatMap(entry => (entry.kind === 'effect' && isReceived(entry.name) ? [entry.key] : []))
  const wanted = new Set(intents)
  const outcomes = entries.flatMap(entry => (entry.kind === 'outcome' && wanted.has(entry.key) ? [entry.key] : []))
  const events = entries.filter(({ kind }) => kind === 'event' || kind === 'asked').length
  return {
    calls: counted,
    intents: intents.toSorted(),
    outcomes: outcomes.toSorted(),
    events,
    frames: frames.length,
  }
}

/** What is wrong with it, after so many kills. */
export function wrongIn({ calls, intents, outcomes }: Ledger, kills: number): readonly string[] {
  const often = Object.entries(calls).filter(([, times]) => times > 1 + kills)
  const keys = Object.keys(calls).toSorted()
  return [
    ...often.map(([key, times]) => `${key} was called ${times} times`),
    ...different('called', keys, 'wanted', intents),
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
