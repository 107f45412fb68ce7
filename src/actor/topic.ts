import type * as z from 'zod'
import type { EventDefinition } from '../events/event.ts'
import type { Envelope } from './envelope.ts'

/** What to be told of: a definition, a type, a pattern such as `party.agent.*` or `*`, or several of them. */
export type Topic = EventDefinition | string | readonly (EventDefinition | string)[]

/** The envelopes that a topic leads to. */
export type EnvelopeOf<W> = W extends readonly (infer O)[]
  ? EnvelopeOf<O>
  : W extends EventDefinition<infer T, infer S>
    ? Envelope<T, z.output<S>>
    : Envelope

/** The types and patterns of a topic. */
export function typesOf(topic: Topic): readonly string[] {
  if (typeof topic === 'string') return [topic]
  return 'type' in topic ? [topic.type] : topic.map(one => (typeof one === 'string' ? one : one.type))
}
