/**
 * Control characters, line separators, and characters that change the direction of text: terminals obey them, and people do not
 * see them.
 */
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** Matches colours as whole escape sequences first. */
const sequence = new RegExp(`\\u001b\\[\\d*m|${unseen.source}`, 'gu')

/** The colours that the commands write themselves. */
const colours = new Set([1, 2, 4, 22, 24, 31, 32, 33, 34, 35, 36, 39].map(code => `\u001b[${code}m`))

/**
 * Text from a file, an event or the command line, as one line without invisible characters: `\u001b` stands for an escape
 * character.
 */
export function visible(text: string): string {
  return text.replaceAll(unseen, escaped)
}

/** Text that the commands print: its lines stay, and so do the colours of the commands if there are any. */
export function printable(text: string, hasColours: () => boolean): string {
  return text.replaceAll(sequence, found => {
    if (found === '\n' || found === '\t') return found
    if (colours.has(found) && hasColours()) return found
    return visible(found)
  })
}

/** Escapes a character as JSON does, so that a line of JSON stays one line with the same meaning. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
