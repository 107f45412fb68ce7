import { fold } from './fold.ts'
import type { Span } from './passage.ts'

/** A word of a folded text, without its plural or possessive ending. */
export interface Token extends Span {
  readonly stem: string
}

const wordPattern = /[\p{L}\p{N}]+(?:'\p{L}+)*/gu

export const tokensOf = (text: string): Token[] =>
  [...text.matchAll(wordPattern)].map(match => ({
    stem: stem(match[0]),
    at: match.index,
    end: match.index + match[0].length,
  }))

/** Cuts plural and possessive endings, in the texts and in our own lists alike. */
export const stem = (word: string): string => {
  const bare = word.replace(/'s$/, '')
  if (bare.length < 3 || /(?:ss|us)$/.test(bare)) return bare
  if (bare.length > 4 && /ies?$/.test(bare)) return bare.replace(/ies?$/, 'y')
  if (/(?:ss|x|zz|ch|sh|o)es$/.test(bare)) return bare.slice(0, -2)
  return bare.replace(/s$/, '')
}

const keyOf = (phrase: string): string =>
  tokensOf(fold(phrase))
    .map(token => token.stem)
    .join(' ')

/** Phrases and their meanings, which are found among tokens by their stems. */
export class Phrases<Meaning> {
  readonly #meanings = new Map<string, Meaning>()
  #mostWords = 1

  get(phrase: string): Meaning | undefined {
    return this.#meanings.get(keyOf(phrase))
  }

  set(phrase: string, meaning: Meaning): void {
    const key = keyOf(phrase)
    this.#meanings.set(key, meaning)
    this.#mostWords = Math.max(this.#mostWords, key.split(' ').length)
  }

  keys(): IterableIterator<string> {
    return this.#meanings.keys()
  }

  /** The longest phrase that begins with the token at `first`; `last` is its last token. */
  longestAt(
    text: string,
    tokens: readonly Token[],
    first: number,
  ): (Span & { meaning: Meaning; last: number }) | undefined {
    const start = tokens[first]
    if (start === undefined) return undefined
    let key = start.stem
    let best: (Span & { meaning: Meaning; last: number }) | undefined
    for (let last = first; last < first + this.#mostWords; last += 1) {
      const token = tokens[last]
      const previous = tokens[last - 1]
      if (token === undefined) break
      if (last > first) {
        // Punctuation ends a phrase: "a space, a party" holds no "space party".
        if (previous === undefined || !/^[ -]$/.test(text.slice(previous.end, token.at))) break
        key = `${key} ${token.stem}`
      }
      const meaning = this.#meanings.get(key)
      if (meaning !== undefined) best = { meaning, at: start.at, end: token.end, last }
    }
    return best
  }
}
