import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

/** Does something in a new folder, which is gone when it is done, or when the signal says that it is too late. */
export async function inNewFolder<T>(
  parent: string,
  signal: AbortSignal,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(parent, '.troupe-doctor-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  signal.addEventListener('abort', remove, { once: true })
  try {
    signal.throwIfAborted()
    return await work(folder)
  } finally {
    signal.removeEventListener('abort', remove)
    remove()
  }
}
