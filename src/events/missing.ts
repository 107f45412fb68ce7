import { TroupeError } from '../errors.ts'

/** What a definition may look like. */
type Wanted = 'a definition' | 'a list of definitions' | 'an event' | 'a request' | 'an agent' | 'a machine' | 'a topic'

/**
 * Checks that a value is a definition: it has a type, a name or, if it is a machine, an id.
 *
 * @param at the function that it was given to, such as `bus.publish`
 * @throws MissingDefinitionError
 */
export function checkDeclared(
  at: string,
  wanted: Wanted,
  given: unknown,
  field: 'type' | 'name' | 'id' = 'type',
): void {
  const isThing = (typeof given === 'object' && given !== null) || typeof given === 'function'
  // Faster than Reflect, and every event passes here.
  if (!isThing || typeof (given as Readonly<Record<string, unknown>>)[field] !== 'string')
    throw new MissingDefinitionError(at, wanted, given)
}

/** Checks that a list holds only definitions. @throws MissingDefinitionError */
export function checkAllDeclared(at: string, given: unknown): void {
  if (!Array.isArray(given)) throw new MissingDefinitionError(at, 'a list of definitions', given)
  for (const one of given) checkDeclared(at, 'a definition', one)
}

/** A value that is no definition, most often `undefined`, was given in place of a definition. */
export class MissingDefinitionError extends TroupeError {
  readonly code = 'DEFINITION_MISSING'
  readonly at: string
  readonly wanted: string
  readonly received: string
  constructor(at: string, wanted: Wanted, given: unknown) {
    const received = kindOf(given)
    super(
      `${at} was given ${received} where ${wanted} belongs. Check its import: if two files import each other, a definition may be used before it exists.`,
    )
    this.at = at
    this.wanted = wanted
    this.received = received
  }
}

function kindOf(given: unknown): string {
  if (given === undefined || given === null) return `${given}`
  return Array.isArray(given) ? 'an array' : typeof given === 'object' ? 'another object' : `a ${typeof given}`
}
