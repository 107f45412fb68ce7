import { type Envelope, isJournalled } from '../mail/envelope.ts'
import type { Loss } from '../mail/mailbox.ts'
import type { Tally } from '../mail/tally.ts'
import type { Actor } from './actor.ts'
import type { Registry } from './registry.ts'

/** What delivery calls in its partition. It is an interface because partitions, in a room above, deliver their events with it. */
export interface DeliveryHost {
  /** Records that an event will never be handled by an agent that it was meant for. */
  lose(actor: Actor, envelope: Envelope, why: 'stopped' | Loss['why']): void
  /** An event with an expiry time may have to wait for an agent. */
  mayExpire(actor: Actor): void
}

/** The single road to an actor: every event that reaches a mailbox passes here, and is counted. */
export class Delivery {
  readonly #registry: Registry
  readonly #tally: Tally
  readonly #host: DeliveryHost

  constructor(registry: Registry, tally: Tally, host: DeliveryHost) {
    this.#registry = registry
    this.#tally = tally
    this.#host = host
  }

  /** Delivers an event to the agent that it is addressed to, or to all agents that hear its type, and to one member of each pool. */
  deliver(envelope: Envelope): void {
    if (envelope.to !== undefined) return this.deliverTo(this.#registry.at(envelope.to), envelope)
    if (this.#registry.hears(envelope.type)) this.#deliverToAll(envelope)
  }

  #deliverToAll(envelope: Envelope): void {
    for (const actor of this.#registry.hearers(envelope.type)) this.deliverTo(actor, envelope)
    for (const pool of this.#registry.pools(envelope.type)) {
      const member = pool.route(envelope)
      if (member) this.deliverTo(member, envelope)
    }
  }

  deliverTo(actor: Actor, envelope: Envelope): void {
    this.#tally.created++
    const host = this.#host
    if (actor.status === 'stopped') return host.lose(actor, envelope, 'stopped')
    const losses = actor.inbox.offer(envelope, isJournalled(envelope))
    if (envelope.expirytime !== undefined) host.mayExpire(actor)
    if (losses) for (const loss of losses) host.lose(actor, loss.envelope, loss.why)
    actor.wake()
  }
}
