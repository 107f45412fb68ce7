import type { Actor } from '../actor/actor.ts'
import type { Delivery } from '../actor/delivery.ts'
import type { Registry } from '../actor/registry.ts'
import type { EventOf } from '../events/event.ts'
import { breakCircle } from '../invoke/ask-circles.ts'
import type { AskTable } from '../invoke/ask-table.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import { type Address, splitAddress } from '../mail/address.ts'
import { isJournalled } from '../mail/envelope.ts'
import type { Origin } from '../mail/handled.ts'
import { accept } from '../mail/tally.ts'
import type { Announcements } from './announcements.ts'
import type { Frames } from './frames.ts'
import type { System } from './system.ts'

/** What the asks to agents of a partition need from its runtime. */
type Ground = Pick<System<{ readonly registry: Registry }>, 'tally' | 'partition' | 'links'>

interface Parts {
  readonly frames: Frames
  readonly delivery: Delivery
  readonly announcements: Announcements
  readonly asks: AskTable
}

/** The asks to agents of a partition. */
export class IncomingAsks {
  readonly #parts: Parts
  readonly #ground: Ground

  constructor(parts: Parts, ground: Ground) {
    this.#parts = parts
    this.#ground = ground
  }

  /** Delivers a request to an agent. */
  deliver(actor: Actor, request: EventOf & { readonly ask: string }, source: Address, origin?: Origin): void {
    const { frames, delivery, announcements } = this.#parts
    accept(this.#ground.tally)
    const envelope = frames.seal(request, { ...origin, source, to: actor.address, ask: request.ask })
    if (isJournalled(envelope)) frames.append({ kind: 'outside' }, [{ kind: 'asked', envelope }])
    announcements.announceDelivered(envelope)
    delivery.deliverTo(actor, envelope)
    this.#breakCircle(request.ask)
  }

  /** An agent takes other events than before: the requests that wait for it may now wait for themselves. */
  becameBusy({ address }: Actor): void {
    for (const { key } of this.#parts.asks.waitingFor(address)) this.#breakCircle(key)
  }

  #breakCircle(key: string): void {
    breakCircle(this.#parts.asks, key, ask => this.#isBlocked(ask))
  }

  #isBlocked({ to, type }: PendingAsk): boolean {
    const { partition, name } = splitAddress(to)
    // What an agent behind a transport is busy with is not known here.
    if (this.#ground.links && partition !== this.#parts.frames.address) return false
    return this.#ground.partition(partition)?.registry.named(name)?.isBlocked(type) ?? false
  }
}
