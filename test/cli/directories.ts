import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { onTestFinished } from 'vitest'
import { party } from './desk.ts'

/** The path of the module of the application, for the command line. */
export const app = join(import.meta.dirname, 'desk.ts')

/** A folder that is deleted when the test ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a desk that answers two tickets, and keeps its journal in a directory. The second ticket makes the clerk crash. */
export async function work(directory: string): Promise<void> {
  const runtime = createRuntime({ party, journal: sqliteJournal({ directory }), log: 'silent' })
  runtime.bus.subscribe('desk.*', () => {}, { durable: 'ledger', from: 'start' })
  await runtime.start()
  const desk = await runtime.parties.create({ id: 'p1', inputs: ['a lamp', 'hot soup'] })
  await desk.idle()
  await runtime.stop()
}

/** The names, the times and the bytes of all files in a directory. */
export function filesOf(directory: string): readonly unknown[] {
  return readdirSync(directory)
    .toSorted()
    .map(name => [name, statSync(join(directory, name)).mtimeMs, readFileSync(join(directory, name), 'hex')])
}

/** A copy of a directory, which a test may change. */
export function copyOf(directory: string): string {
  const copy = join(newFolder(), 'data')
  cpSync(directory, copy, { recursive: true })
  return copy
}
