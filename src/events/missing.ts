import { TroupeError } from '../errors.ts'

/** What may stand where something declared belongs. */
type Wanted = 'a definition' | 'a list of definitions' | 'an event' | 'a request' | 'an agent' | 'a machine' | 'a topic'

/**
 * Whether something was declared: it has a type, a name or, of a machine, an id.
 *
 * @param at where it was given, such as `bus.publish`
 * @throws MissingDefinitionError
 */
export function checkDeclared(
  at: string,
  wanted: Wanted,
  given: unknown,
  field: 'type' | 'name' | 'id' = 'type',
): void {
  const isThing = (typeof given === 'object' && given !== null) || typeof given === 'function'
  // Faster than through Reflect, and each event comes by here.
  if (!isThing || typeof (given as Readonly<Record<string, unknown>>)[field] !== 'string')
    throw new MissingDefinitionError(at, wanted, given)
}

/** Whether a list holds definitions alone. @throws MissingDefinitionError */
export function checkAllDeclared(at: string, given: unknown): void {
  if (!Array.isArray(given)) throw new MissingDefinitionError(at, 'a list of definitions', given)
  for (const one of given) checkDeclared(at, 'a definition', one)
}

/** Something else was given where a definition belongs, most often nothing. */
export class MissingDefinitionError extends TroupeError {
  readonly code = 'DEFINITION_MISSING'
  readonly at: string
  readonly wanted: string
  readonly received: string
  constructor(at: string, wanted: Wanted, given: unknown) {
    const received = kindOf(given)
    super(
      `${at} was given ${received} where ${wanted} belongs. Look at its import: where two files import each other, a definition is not there yet when it is used.`,
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
