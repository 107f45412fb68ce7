import type { EventOf } from '../events/event.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import type { Frames } from './frames.ts'
import type { System } from './system.ts'

/** Who may hear outside a partition what is said in it: subscribers, and agents outside the parties. */
export type Audience = Pick<System, 'bus' | 'overhear'>

/** Brings what was said in a partition to subscribers, to observers and to agents outside the parties. */
export class Announcements {
  readonly #frames: Frames
  readonly #audience: Audience
  readonly #observed: (envelope: Envelope) => void

  /** @param observed calls the observers of the runtime, if there are any */
  constructor(frames: Frames, audience: Audience, observed: (envelope: Envelope) => void) {
    this.#frames = frames
    this.#audience = audience
    this.#observed = observed
  }

  /** Announces an event, which the history of the bus then holds. */
  announce(envelope: Envelope): void {
    this.announceOutside(envelope)
    this.#audience.overhear(envelope)
  }

  /** Announces an event to subscribers and observers, and to no agents. */
  announceOutside(envelope: Envelope): void {
    this.#audience.bus.deliver(envelope)
    this.#observed(envelope)
  }

  /** Lets subscribers hear a request that no mailbox gets, or an answer. The history of the bus does not hold it. */
  announceAsk(
    event: EventOf & { readonly ask: string },
    source: Address,
    { correlationid, causationid, trace }: Origin,
  ): void {
    if (!this.#isHeard(event.type)) return
    const { ask } = event
    const id = this.#audience.bus.newNoteId()
    this.#mention(
      this.#frames.seal(event, { id, at: this.#frames.seq, source, correlationid, causationid, ask, trace }),
    )
  }

  /** Lets subscribers hear a request on its way to an agent. */
  announceDelivered(request: Envelope): void {
    if (this.#isHeard(request.type)) this.#mention(request)
  }

  #isHeard(type: string): boolean {
    return this.#audience.bus.isHeard(type, this.#frames.party)
  }

  #mention(envelope: Envelope): void {
    this.#frames.watermark.whenDurable(() => this.#audience.bus.deliverUnrecorded(envelope))
  }
}
