import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileMode, fileNames } from './directory.ts'

/** Writes down which process has the journal open. */
export function writeOwner(directory: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
  const file = openSync(join(directory, fileNames.owner), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, fileMode)
  writeSync(file, String(process.pid))
  closeSync(file)
}

/** The id of the process that has the journal open, if it wrote its id down and still runs. */
export function ownerOf(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, fileNames.owner), 'utf8'))
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0) ? pid : undefined
  } catch {
    return undefined
  }
}
