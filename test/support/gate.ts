import { turn } from './runtime.ts'

/** An async subscriber whose calls the test ends, and the words that it was told. */
export function createGate() {
  const words: string[] = []
  const ends: (() => void)[] = []
  const hear = ({ data }: { readonly data: { readonly word: string } }) => {
    words.push(data.word)
    return new Promise<void>(end => ends.push(end))
  }
  /** Ends the call under way. */
  const open = async () => {
    ends.shift()?.()
    await turn()
  }
  return { words, hear, open }
}
