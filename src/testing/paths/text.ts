import { type Arbitrary, oneof, string, stringMatching, tuple, webUrl } from 'fast-check'
import { only } from './bounded.ts'

/** What JSON Schema says about a text. */
export interface TextRules {
  readonly format?: string | undefined
  readonly patterns: readonly string[]
  readonly minLength: number
  readonly maxLength: number
}

/** Formats whose patterns allow much that nobody writes, or that cannot be generated from. */
const formats: Readonly<Record<string, Arbitrary<string>>> = {
  uri: webUrl(),
  email: stringMatching(/^[a-z][a-z0-9]{0,7}@[a-z][a-z0-9]{0,7}\.[a-z]{2,3}$/),
  duration: stringMatching(/^P(?:\d{1,2}W|\d{1,2}D|T\d{1,2}[HMS]|\d{1,2}DT\d{1,2}H)$/),
  'date-time': stringMatching(/^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/),
  date: stringMatching(/^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/),
}

/** Texts that keep the rules. @throws ArbitraryError */
export function textsOf(rules: TextRules): Arbitrary<string> {
  const { format = '', patterns, minLength, maxLength } = rules
  const ready = formats[format]
  const lengths = { minLength, ...(maxLength < Number.POSITIVE_INFINITY && { maxLength }) }
  const any = oneof(
    { weight: 3, arbitrary: string(lengths) },
    { weight: 1, arbitrary: string({ ...lengths, unit: 'grapheme' }) },
  )
  const matching = ready
    ? [ready]
    : patterns.toSorted((one, other) => placeOf(one) - placeOf(other)).flatMap(one => matchesOf(one))
  // A text with a beginning and one with an end, put together, have both.
  const together = matching.length > 1 ? [tuple(...matching).map(parts => parts.join(''))] : []
  const texts = matching.length === 0 ? any : oneof(...matching, ...together)
  const tests = patterns.map(one => new RegExp(one, 'u'))
  const keeps = (text: string) =>
    text.length >= minLength && text.length <= maxLength && tests.every(test => test.test(text))
  const isSure = patterns.length === 0 && !ready && minLength === 0
  return isSure ? texts : only(texts, keeps, `a text${patterns.map(one => ` that matches ${one}`).join(' and')}`)
}

/** A pattern of the beginning comes first, one of the end last. */
function placeOf(pattern: string): number {
  return pattern.startsWith('^') ? 0 : pattern.endsWith('$') ? 2 : 1
}

/** None for a pattern that texts cannot be made from. */
function matchesOf(pattern: string): readonly Arbitrary<string>[] {
  // Properties of Unicode are slow to make texts from, and most texts have those that people ask for.
  if (/\\p\{/i.test(pattern)) return []
  try {
    return [stringMatching(new RegExp(pattern, 'u'))]
  } catch {
    return []
  }
}
