import type { Standing } from '../journal/fold/standing.ts'
import { dateOf, type Frame } from '../journal/frame.ts'
import { type Envelope, keyIn } from '../mail/envelope.ts'

/** What agents outside the parties hear, since when, and how far they have heard of each other partition. */
export type Hearing = Pick<Standing, 'hearing' | 'heard'>

/** Which types agents outside the parties hear; nothing if there were no such agents. */
export function hearingOf(outside: Standing | undefined): Hearing {
  return { hearing: outside?.hearing ?? new Map(), heard: outside?.heard ?? new Map() }
}

/** Finds the events of a partition that agents outside the parties have not heard, because the process ended before they could. */
export class UnheardEvents {
  readonly #hearing: ReadonlyMap<string, number>
  readonly #heard: ReadonlyMap<string, number>
  /** These events, oldest first. */
  events: Envelope[] = []
  /** The position at which the partition was imported, if it has not been restored since. */
  importedAt: number | undefined

  constructor({ hearing, heard }: Hearing) {
    this.#hearing = hearing
    this.#heard = heard
  }

  /** Takes the next frame of the partition. */
  take(frame: Frame): void {
    this.importedAt = isImport(frame) ? frame.position : undefined
    // Events from before an import were for agents elsewhere.
    if (this.importedAt !== undefined) this.events = []
    const date = dateOf(frame)
    for (const envelope of eventsIn([frame])) if (this.#isUnheard(envelope, date)) this.events.push(envelope)
  }

  #isUnheard(envelope: Envelope, date: number): boolean {
    const { seq, type, to } = envelope
    const since = this.#hearing.get(type)
    return (
      to === undefined && since !== undefined && date >= since && seq > (this.#heard.get(keyIn(envelope) ?? '') ?? 0)
    )
  }
}

function isImport({ cause, entries }: Frame): boolean {
  return cause.kind === 'recovery' && entries.some(entry => entry.kind === 'recovered' && entry.arrived)
}

/** The events in frames, as subscribers get them. */
export function eventsIn(frames: readonly Frame[]): readonly Envelope[] {
  return frames.flatMap(({ entries }) =>
    // An event that agents outside the parties heard from a partition belongs to the frames of that partition.
    entries.flatMap(entry => (entry.kind === 'event' && entry.heard === undefined ? [entry.envelope] : [])),
  )
}
