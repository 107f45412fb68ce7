import type { Envelope } from './envelope.ts'

/** Whether an event has at least one of some tags; every event has, where none are wanted. */
export function isTaggedBy(tags: readonly string[] | undefined): (envelope: Envelope) => boolean {
  if (tags === undefined) return () => true
  const wanted = new Set(tags)
  return envelope => envelope.tags?.some(tag => wanted.has(tag)) ?? false
}
