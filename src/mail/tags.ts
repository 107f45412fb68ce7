import type { Envelope } from './envelope.ts'

/** A check whether an event has at least one of the tags. Without tags, every event passes. */
export function isTaggedBy(tags: readonly string[] | undefined): (envelope: Envelope) => boolean {
  if (tags === undefined) return () => true
  const wanted = new Set(tags)
  return envelope => envelope.tags?.some(tag => wanted.has(tag)) ?? false
}
