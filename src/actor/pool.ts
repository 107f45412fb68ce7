import type { Agent } from '../agent/agent.ts'
import type { EventOf } from '../events/event.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Actor } from './actor.ts'
import { hashed, leastLoaded, type Routing } from './routing.ts'

/** Equal agents behind one address: one of them gets an event for the pool. */
export class Pool {
  readonly name: string
  readonly address: Address
  readonly agent: Agent
  readonly #routing: Routing
  // The members that get mail, the oldest first.
  #members: readonly Actor[] = []
  #turn = 0

  constructor(partition: Address, name: string, agent: Agent, routing: Routing) {
    this.name = name
    this.address = addressOf(partition, name)
    this.agent = agent
    this.#routing = routing
  }

  get members(): readonly Actor[] {
    return this.#members
  }

  join(actor: Actor): void {
    this.#members = [...this.#members, actor]
  }

  /** From now on a member gets no mail of the pool. It still handles the mail that it has. */
  leave(actor: Actor): void {
    this.#members = this.#members.filter(member => member !== actor)
  }

  /** The member that gets an event, if there is any. The next event is for another member. */
  route(event: EventOf): Actor | undefined {
    const place = this.#placeFor(event)
    this.#turn = place + 1
    return this.#members[place]
  }

  /** The member that would get an event now. */
  next(event: EventOf): Actor | undefined {
    return this.#members[this.#placeFor(event)]
  }

  /** The members that could get an event: all of them, unless its key belongs to one member. */
  candidates(event: EventOf): readonly Actor[] {
    return typeof this.#routing === 'object' ? this.#members.slice(this.#placeFor(event)).slice(0, 1) : this.#members
  }

  #placeFor(event: EventOf): number {
    const members = this.#members
    if (members.length === 0) return 0
    if (typeof this.#routing === 'object') return hashed(keyOf(this.#routing.hash, event), members.map(nameOf))
    if (this.#routing === 'round-robin') {
      for (let step = 0; step < members.length; step++) {
        const place = (this.#turn + step) % members.length
        if (!members[place]?.inbox.isCrowded(event.type)) return place
      }
    }
    return leastLoaded(
      members.map(({ load }) => load),
      this.#turn,
    )
  }
}

function nameOf({ name }: Actor): string {
  return name
}

// The application makes the key. All events without a key belong to the same member.
function keyOf(hash: (event: EventOf) => string, event: EventOf): string {
  try {
    return hash(event)
  } catch {
    return ''
  }
}
