import { visible } from './visible.ts'

/** What is to be told of an error; of a mistake in a program, also where it is. */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return visible(`${error}`)
  // One line, whatever it quotes: the lines below it are the program's own.
  const message = visible(error.message)
  const isMistake = [SyntaxError, ReferenceError, TypeError].some(kind => error instanceof kind)
  if (!isMistake || error.stack === undefined) return message
  return error.stack
    .replace(error.message, () => message)
    .split('\n')
    .filter(line => !/^ +at .*\bnode:/.test(line))
    .map(visible)
    .join('\n')
}
