import type * as z from 'zod'
import type { EventDefinition, EventOf } from './event.ts'
import { checkDeclared } from './missing.ts'

/** Which events: a definition, a type, a pattern such as `party.agent.*` or `*`, or several of them. */
export type Topic = EventDefinition | string | readonly (EventDefinition | string)[]

/** The events that a topic covers. */
export type EventFor<W> = W extends readonly (infer O)[]
  ? EventFor<O>
  : W extends EventDefinition<infer T, infer S>
    ? EventOf<T, z.output<S>>
    : EventOf

/** @throws MissingDefinitionError if it has anything but types, patterns and definitions */
export function checkIsTopic(at: string, topic: Topic): void {
  for (const one of Array.isArray(topic) ? topic : [topic])
    if (typeof one !== 'string') checkDeclared(at, 'a topic', one)
}

/** The types and patterns of a topic. */
export function typesOf(topic: Topic): readonly string[] {
  if (typeof topic === 'string') return [topic]
  return 'type' in topic ? [topic.type] : topic.map(one => (typeof one === 'string' ? one : one.type))
}
