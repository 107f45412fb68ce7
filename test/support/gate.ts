import { turn } from './runtime.ts'

/** An async subscriber whose calls the test ends, and the words that it got. */
export function createGate() {
  const words: string[] = []
  const ends: (() => void)[] = []
  const hear = ({ data }: { readonly data: { readonly word: string } }) => {
    words.push(data.word)
    return new Promise<void>(end => ends.push(end))
  }
  /** Ends the running call. */
  const open = async () => {
    ends.shift()?.()
    await turn()
  }
  return { words, hear, open }
}
