import { styleText } from 'node:util'

// A word beside every glyph, so that neither colour nor shape alone carries the meaning.
const looks = {
  done: { glyph: '✓', colour: 'green' },
  holds: { glyph: '✓', colour: 'green' },
  ok: { glyph: '✓', colour: 'green' },
  remark: { glyph: '!', colour: 'yellow' },
  fails: { glyph: '✗', colour: 'red' },
  failed: { glyph: '✗', colour: 'red' },
} as const

/** The result of a check or a run. */
export type Look = keyof typeof looks

/** A glyph and a word for a result. */
export function marked(look: Look): string {
  const { glyph, colour } = looks[look]
  return `${styleText(colour, glyph, { stream: process.stderr })} ${look.padEnd(6)}`
}
