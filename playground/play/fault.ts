import { visible } from '../visible.ts'

/** What is to be told of an error; of a mistake in a program, also where it is. */
export function faultText(error: unknown): string {
  return toldOf(error).split('\n').map(visible).join('\n')
}

function toldOf(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`
  const isMistake = [SyntaxError, ReferenceError, TypeError].some(kind => error instanceof kind)
  if (!isMistake || error.stack === undefined) return error.message
  return error.stack
    .split('\n')
    .filter(line => !/^ +at .*\bnode:/.test(line))
    .join('\n')
}
