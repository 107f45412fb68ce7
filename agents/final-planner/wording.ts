/** "a, b and c" */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** The parts that are given, each as a sentence. */
export const sentences = (parts: readonly (string | undefined)[]): string =>
  parts
    .filter(part => part !== undefined)
    .map(part => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ')

/** At most so many letters of a text. */
export const shortened = (text: string, most = 80): string => {
  const letters = [...text.replace(/\s+/g, ' ').trim()]
  return letters.length <= most ? letters.join('') : `${letters.slice(0, most - 1).join('')}…`
}
