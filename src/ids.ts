import { customRandom } from 'nanoid'

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
  const draw = customRandom(alphabet, prefixLength, bytes)
  let prefix = draw()
  let count = 0
  return {
    next: () => `${prefix}-${++count}`,
    after(owners) {
      // The same seed gives the same prefix, so each owner takes the next one.
      for (let owner = 0; owner < owners; owner++) prefix = draw()
    },
  }
}
