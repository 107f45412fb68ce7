import type { Actor } from '../actor/actor.ts'
import type { Following, OpenSpan } from '../following.ts'
import type { Address } from '../mail/address.ts'
import type { Handled } from '../mail/handled.ts'

/** Where a step happens. */
interface Here {
  readonly address: Address
  readonly party: string | undefined
}

/** Begins the span in which an agent handles a position. */
export function beginStep(around: Following, { address, party }: Here, actor: Actor, handled: Handled): OpenSpan {
  const { seq: position, type, envelope, causationid } = handled
  const facts = {
    kind: 'step' as const,
    partition: address,
    party,
    // The event that is handled was not caused by itself.
    cause: envelope ? envelope.causationid : causationid,
    agent: actor.address,
    incarnation: actor.incarnation,
    type,
    id: envelope?.id,
    position,
    attempt: actor.crashes.of(handled) + 1,
  }
  return around.begin(facts, envelope ? envelope.trace : handled.trace, envelope?.data)
}
