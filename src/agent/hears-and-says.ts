import type * as z from 'zod'
import type { Definition } from '../events/catalog.ts'
import type { EventDefinition, EventOf } from '../events/event.ts'
import type { AskedOf, RefusalOf, ReplyOf, RequestDefinition } from '../events/request.ts'

/** The events that a list of definitions lets an agent take: events as they are, requests with the key to reply to. */
export type Heard<L extends readonly Definition[]> = OrNone<HeardOf<L[number]>>
/** The events that a list of definitions lets an agent emit: events as they are, requests as their replies and refusals. */
export type Said<L extends readonly Definition[]> = OrNone<SaidOf<L[number]>>

// XState cannot carry `never`: an agent that hears or says nothing has an event type that no event can have.
type OrNone<E> = [E] extends [never] ? EventOf<never, never> : E

type HeardOf<D> =
  D extends RequestDefinition<infer T, infer I, z.ZodType>
    ? AskedOf<T, z.output<I>>
    : D extends EventDefinition<infer T, infer S>
      ? EventOf<T, z.output<S>>
      : never

type SaidOf<D> =
  D extends RequestDefinition<infer T, z.ZodType, infer O, infer R>
    ? ReplyOf<T, z.output<O>> | RefusalOf<T, z.output<R>>
    : D extends EventDefinition<infer T, infer S>
      ? EventOf<T, z.output<S>>
      : never

/** What an agent hears and says. */
export interface HearsAndSays<H extends readonly Definition[], S extends readonly Definition[]> {
  readonly hears: H
  readonly says: S
}

/** What `setup({ types })` of XState takes, and `defineAgent({ types })`. */
export interface AgentTypes<C, E, M, H extends readonly Definition[], S extends readonly Definition[]>
  extends HearsAndSays<H, S> {
  readonly context: C
  readonly events: E
  readonly emitted: M
}

/**
 * The types of an agent's machine, inferred from the catalogue: what it hears are its events, what it says its emits.
 *
 * @example
 * const types = agentTypes({ context: { guests: 0 }, hears: [guestsWanted], says: [guestsCounted], internal: [retried] })
 * const machine = setup({ types }).createMachine({ ... })
 * const counter = defineAgent({ name: 'counter', machine, types })
 *
 * @param options `internal`: events that the machine raises for itself, which no other agent can send to it
 */
export function agentTypes<
  C,
  const H extends readonly Definition[],
  const S extends readonly Definition[],
  const N extends readonly EventDefinition[] = [],
>({
  hears,
  says,
}: HearsAndSays<H, S> & { readonly context: C; readonly internal?: N }): AgentTypes<
  C,
  OrNone<HeardOf<H[number] | N[number]>>,
  Said<S>,
  H,
  S
> {
  // XState reads types alone, and never the values of these.
  const types: HearsAndSays<H, S> = { hears, says }
  return types as AgentTypes<C, OrNone<HeardOf<H[number] | N[number]>>, Said<S>, H, S>
}
