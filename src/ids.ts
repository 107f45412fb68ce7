import { customRandom } from 'nanoid'
import { TroupeError } from './errors.ts'

/** Gives ids that no other runtime gives: a random prefix per runtime and a counter. */
export interface Ids {
  /** The next id, such as `k3v9x2a1-7`; matches `[a-z0-9-]+`. */
  next(): string
  /** Gives other ids than the owners of the journal before this one, who were so many; left out by those that do anyway. */
  after?(owners: number): void
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'
const prefixLength = 8

/**
 * The id source of a runtime.
 *
 * @param random gives numbers from 0 up to but not including 1; a seeded one repeats the ids of a run
 */
export function createIds(random: () => number): Ids {
  // Places within the alphabet, so that no source of numbers, however odd, makes nanoid throw them away for ever.
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(random() * alphabet.length))
  let prefix = customRandom(alphabet, prefixLength, bytes)()
  let count = 0
  return {
    next: () => `${prefix}-${++count}`,
    after(owners) {
      // The same seed gives the same prefix, so each owner has its number behind it.
      prefix = `${prefix}${owners.toString(alphabet.length)}`
    },
  }
}

/** Characters at most of what others give names to; enough for the id of an event, which has addresses in it. */
const longestName = 1_000
const seen = new RegExp(`^[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${longestName}}$`, 'u')
/** Nearly all names are of these characters, which are faster to look at. */
const plain = new RegExp(`^[ -~]{1,${longestName}}$`)

/** Characters of an id that an error names in full. */
const mostQuoted = 200

/** @throws IllegalIdError unless a name that is part of no address is made of 1 to 1,000 characters that are seen */
export function checkName(kind: string, name: string): string {
  if (typeof name !== 'string' || !(plain.test(name) || seen.test(name)))
    throw new IllegalIdError(kind, name, `1 to ${longestName} characters that can be seen`)
  return name
}

/** An id that could not be part of an address, or that nobody could read. */
export class IllegalIdError extends TroupeError {
  readonly code = 'ID_ILLEGAL'
  readonly kind: string
  readonly id: string
  /** @param use what can be used instead */
  constructor(kind: string, id: string, use: string) {
    const isLong = typeof id === 'string' && id.length > mostQuoted
    const quoted = typeof id === 'string' ? JSON.stringify(isLong ? `${id.slice(0, 40)}...` : id) : `A ${typeof id}`
    super(`${quoted} cannot name a ${kind}: use ${use}.${isLong ? ` This has ${id.length} characters.` : ''}`)
    this.kind = kind
    this.id = id
  }
}
