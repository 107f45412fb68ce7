import { customRandom } from 'nanoid'
import { TroupeError } from './errors.ts'

/** Gives ids that no other runtime gives: a random prefix per runtime and a counter. */
export interface Ids {
  /** The next id, such as `k3v9x2a1-7`; matches `[a-z0-9-]+`. */
  next(): string
  /**
   * Makes the next ids differ from the ids of earlier owners of the journal. An id source whose ids differ anyway leaves it out.
   * @param owners how many earlier owners there were
   */
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
  // Bytes below the length of the alphabet: nanoid drops other bytes, and a strange source of numbers might give only such bytes.
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(random() * alphabet.length))
  let prefix = customRandom(alphabet, prefixLength, bytes)()
  let count = 0
  return {
    next: () => `${prefix}-${++count}`,
    after(owners) {
      // The same seed gives the same prefix, so the number of the owner is added to it.
      prefix = `${prefix}${owners.toString(alphabet.length)}`
    },
  }
}

/** Most characters of a name; enough for the id of an event, which has addresses in it. */
const longestName = 1_000
const seen = new RegExp(`^[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${longestName}}$`, 'u')
/** Nearly all names have only these characters, which are faster to check. */
const plain = new RegExp(`^[ -~]{1,${longestName}}$`)

/** Most characters of an id that an error quotes in full. */
const mostQuoted = 200

/** Checks a name that is not part of an address. @throws IllegalIdError unless it has 1 to 1,000 characters, all visible */
export function checkName(kind: string, name: string): string {
  if (typeof name !== 'string' || !(plain.test(name) || seen.test(name)))
    throw new IllegalIdError(kind, name, `1 to ${longestName} characters that can be seen`)
  return name
}

/** An id that cannot be part of an address, or has invisible characters. */
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
