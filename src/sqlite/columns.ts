import type { SQLOutputValue } from 'node:sqlite'

type Row = Readonly<Record<string, SQLOutputValue>>

/** What a column of whole numbers holds. @throws TypeError when it is something else, as in a damaged file */
export function numberIn(row: Row | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value !== 'number') throw new TypeError(`"${column}" is no number`)
  return value
}

/** What a column of texts holds. @throws TypeError when it is something else, as in a damaged file */
export function textIn(row: Row | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value !== 'string') throw new TypeError(`"${column}" is no text`)
  return value
}
