import type { Agent } from '../agent/agent.ts'
import type { EventOf } from '../events/event.ts'
import { type Address, addressOf } from '../mail/address.ts'
import type { Actor } from './actor.ts'
import { hashed, leastLoaded, type Routing } from './routing.ts'

/** Equal agents behind one address: an event for the pool is for one of them. */
export class Pool {
  readonly name: string
  readonly address: Address
  readonly agent: Agent
  readonly #routing: Routing
  // Those that get mail, the oldest first.
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

  /** From now on it gets no mail by way of the pool; what it has is still its own. */
  leave(actor: Actor): void {
    this.#members = this.#members.filter(member => member !== actor)
  }

  /** The member that gets an event, if there is any; the next event is for another one. */
  route(event: EventOf): Actor | undefined {
    const place = this.#placeFor(event)
    this.#turn = place + 1
    return this.#members[place]
  }

  /** The member that would get an event now. */
  next(event: EventOf): Actor | undefined {
    return this.#members[this.#placeFor(event)]
  }

  /** The members that could get an event: any of them, unless it belongs to one. */
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
        if (!members[place]?.isCrowded(event.type)) return place
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

// The key is the application's; events without one all belong to the same member.
function keyOf(hash: (event: EventOf) => string, event: EventOf): string {
  try {
    return hash(event)
  } catch {
    return ''
  }
}
