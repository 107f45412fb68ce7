import type { Actor } from '../actor/actor.ts'
import { type JournalError, JournalReadError } from '../journal/journal.ts'
import type { Mailbox, ReadBack } from '../mail/mailbox.ts'
import type { Frames } from './frames.ts'
import type { Losses } from './losses.ts'
import type { System } from './system.ts'

/** What spilled mail needs from the runtime of its partition. */
type Ground = Pick<System, 'journal' | 'tally'>

interface Parts {
  readonly frames: Frames
  readonly losses: Losses
}

/** The mail that only the journal holds, because the mailbox of its agent was full. */
export class SpilledMail {
  readonly #parts: Parts
  readonly #ground: Ground
  readonly #onFailure: (error: JournalError) => void

  constructor(parts: Parts, ground: Ground, onFailure: (error: JournalError) => void) {
    this.#parts = parts
    this.#ground = ground
    this.#onFailure = onFailure
  }

  /** Reads mail back into a mailbox. */
  async readBack(mailbox: Mailbox, { priority, places }: ReadBack): Promise<void> {
    const { address, watermark } = this.#parts.frames
    const missing = new Map(places.map(({ seq, place }) => [seq, place]))
    const [first] = places
    if (!first) return
    try {
      await watermark.reached()
      for await (const { entries } of this.#ground.journal.read(address, first.seq)) {
        for (const entry of entries) {
          if (!('envelope' in entry)) continue
          const place = missing.get(entry.envelope.seq)
          if (place === undefined) continue
          mailbox.load(priority, place, entry.envelope)
          missing.delete(entry.envelope.seq)
        }
        if (missing.size === 0) return
      }
      throw new Error(`it holds none of the positions ${[...missing.keys()].join(', ')}`)
    } catch (error) {
      // Accepted mail would be lost, so this counts like a journal that takes no more frames.
      if (!watermark.failure) this.#onFailure(new JournalReadError(address, error))
    }
  }

  /** Records that a stopped agent will not handle its spilled mail either. */
  async lose(actor: Actor, mailbox: Mailbox): Promise<void> {
    const { frames, losses } = this.#parts
    // Events that the journal keeps for the next start are not lost, so they are only counted.
    const isKept = frames.isUnrecorded
    for (let missing = mailbox.unread(); missing; missing = mailbox.unread()) {
      const { priority, places } = missing
      if (!frames.watermark.failure && !isKept) await this.readBack(mailbox, missing)
      for (const { place } of places) {
        const envelope = mailbox.drop(priority, place)
        if (envelope) losses.lose(actor, envelope, 'stopped')
        // The journal does not give it back, so nothing but its number is known.
        else this.#ground.tally.dead++
      }
    }
  }
}
