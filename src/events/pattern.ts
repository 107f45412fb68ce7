import { TroupeError } from '../errors.ts'

const patternShape = /^(\*|[a-z0-9_-]+(\.[a-z0-9_-]+)*(\.\*)?)$/

/** @throws IllegalPatternError */
export function checkPattern(pattern: string): string {
  if (!patternShape.test(pattern)) throw new IllegalPatternError(pattern)
  return pattern
}

/** Whether a type matches a pattern: a type, a group such as `party.agent.*`, or `*`. */
export function matcher(pattern: string): (type: string) => boolean {
  if (pattern === '*') return () => true
  if (!pattern.endsWith('.*')) return type => type === pattern
  const prefix = pattern.slice(0, -1)
  return type => type.startsWith(prefix)
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
