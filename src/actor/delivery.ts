import type { Actor } from './actor.ts'
import type { Envelope } from './envelope.ts'
import type { Registry } from './registry.ts'
import type { Tally } from './tally.ts'

/** Records that an event will never be handled by an agent that it was meant for. */
export type Refuse = (actor: Actor, envelope: Envelope, reason: 'stopped' | 'overflow') => void

/** The single road to an actor: whatever reaches a mailbox goes through here, and is counted. */
export class Delivery {
  readonly #registry: Registry
  readonly #tally: Tally
  readonly #refuse: Refuse

  constructor(registry: Registry, tally: Tally, refuse: Refuse) {
    this.#registry = registry
    this.#tally = tally
    this.#refuse = refuse
  }

  /** To the one agent that it is meant for, or to all that hear its type. */
  deliver(envelope: Envelope): void {
    if (envelope.to !== undefined) return this.deliverTo(this.#registry.at(envelope.to), envelope)
    for (const actor of this.#registry.hearers(envelope.type)) this.deliverTo(actor, envelope)
  }

  deliverTo(actor: Actor, envelope: Envelope): void {
    this.#tally.created++
    if (actor.status === 'stopped') return this.#refuse(actor, envelope, 'stopped')
    if (!actor.mailbox.offer(envelope)) return this.#refuse(actor, envelope, 'overflow')
    actor.wake()
  }
}
