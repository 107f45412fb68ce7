import type { Failure } from './protocol.ts'

/** A failure, as the thread that uses the file throws it. The main thread makes an error with a class of it. */
export class Refusal extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.code)
    this.failure = failure
  }
}

/** The result codes of SQLite that are handled one by one. */
export const sqliteCodes = { busy: 5, locked: 6, readOnly: 8, corrupt: 11, full: 13, notDatabase: 26 }

/** The result code of an error that SQLite reported, without its details. */
export function sqliteCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined
  return thrown.errcode & 0xff
}

/** Why a question to an open journal failed. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Refusal) return thrown.failure
  return { code: sqliteCodeOf(thrown) === sqliteCodes.full ? 'full' : 'disk', text: textOf(thrown) }
}

export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
