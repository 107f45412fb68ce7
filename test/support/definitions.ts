import type { Definition } from 'troupe'

/** The events and requests that a module exports. */
export function definitionsIn(exported: object): readonly Definition[] {
  return Object.values(exported).filter(isDefinition)
}

function isDefinition(value: unknown): value is Definition {
  if (typeof value === 'function') return 'type' in value && 'schema' in value
  return typeof value === 'object' && value !== null && 'type' in value && 'output' in value
}
