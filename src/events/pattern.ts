import { TroupeError } from '../errors.ts'

/** Visible characters but dots and stars; single spaces may stand between them. */
const words = /^[^\s.*\p{C}]+( [^\s.*\p{C}]+)*$/u

/** Longer types are refused: they stand in every event, index and chart. */
const longest = 200

/** Whether a text may be the type of an event: words with dots between them, at most 200 characters. */
export function isType(text: string): boolean {
  return text.length <= longest && text.split('.').every(part => words.test(part))
}

/** @throws IllegalPatternError */
export function checkPattern(pattern: string): string {
  if (pattern !== '*' && !isType(pattern.replace(/\.\*$/, ''))) throw new IllegalPatternError(pattern)
  return pattern
}

/** Whether a type matches a pattern: a type, a group such as `party.agent.*`, or `*`. */
export function matcher(pattern: string): (type: string) => boolean {
  if (pattern === '*') return () => true
  if (!pattern.endsWith('.*')) return type => type === pattern
  const prefix = pattern.slice(0, -1)
  return type => type.startsWith(prefix)
}

/**
 * The groups that a type belongs to, the smallest first, as patterns.
 *
 * @example
 * topicsOf('party.agent.started') // ['party.agent.*', 'party.*']
 */
export function topicsOf(type: string): readonly string[] {
  const words = type.split('.')
  return words
    .slice(1)
    .map((_, place) => `${words.slice(0, place + 1).join('.')}.*`)
    .toReversed()
}

/** A pattern that no type could match. */
export class IllegalPatternError extends TroupeError {
  readonly code = 'PATTERN_ILLEGAL'
  readonly pattern: string
  constructor(pattern: string) {
    super(
      `"${pattern}" is no pattern: use a type such as "party.input.added", a group such as "party.agent.*", or "*".`,
    )
    this.pattern = pattern
  }
}
