import { visible } from './visible.ts'

/** The text to print for an error. For a mistake in a program, it includes the place. */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return visible(`${error}`)
  // Quoted text must not break the line: the lines below belong to the program.
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
