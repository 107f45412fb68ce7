import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Found, reasonOf } from '../../../src/cli/doctor/check.ts'
import { inNewFolder } from './new-folder.ts'

/**
 * Whether folders and files can be made in a directory.
 *
 * @param fix what to do if it is not writable
 */
export async function writable(directory: string, fix: string, signal: AbortSignal): Promise<Found> {
  try {
    await inNewFolder(directory, signal, folder => writeFile(join(folder, 'file'), 'written', { signal }))
    return { how: 'ok', says: `${directory} can be written to.` }
  } catch (error) {
    signal.throwIfAborted()
    return { how: 'failed', says: `${directory} cannot be written to: ${reasonOf(error)}.`, fix }
  }
}
