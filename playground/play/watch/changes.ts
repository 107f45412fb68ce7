import { once } from 'node:events'
import { basename } from 'node:path'
import { watch } from 'chokidar'

/** What changes on the disk. */
export interface Changes {
  /** Resolves when something has changed and nothing more does for a moment: to some of the names. @throws what the disk says */
  next(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Milliseconds without a change after which it is over for now, and those that are waited for at most. */
const patience = { quiet: 100, most: 1_000 }

/** How many names are kept: a switch to another branch may change thousands. */
const mostNames = 100

/**
 * Watches folders, with all that is in them, until it is closed.
 *
 * @param root what names are relative to
 */
export async function changesIn(root: string, folders: readonly string[]): Promise<Changes> {
  // The recursive `fs.watch` of Node loses a file that is replaced by another one, and many editors save like that.
  const watcher = watch([...folders], { cwd: root, ignoreInitial: true, ignored: isOfEditor })
  const names = new Set<string>()
  let settling = unsettled()
  let began: number | undefined
  let timer: NodeJS.Timeout | undefined
  watcher.on('all', (_, name) => {
    if (names.size < mostNames) names.add(name)
    const now = performance.now()
    began ??= now
    clearTimeout(timer)
    timer = setTimeout(settling.resolve, Math.max(0, Math.min(patience.quiet, began + patience.most - now)))
  })
  await once(watcher, 'ready')
  watcher.on('error', error => settling.reject(error))
  return {
    async next() {
      await settling.promise
      const changed = [...names].toSorted()
      names.clear()
      began = undefined
      settling = unsettled()
      return changed
    },
    async close() {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

/** What is to be settled; nobody may be waiting when it fails. */
function unsettled(): PromiseWithResolvers<void> {
  const settling = Promise.withResolvers<void>()
  settling.promise.catch(() => {})
  return settling
}

/** Files that editors keep beside those that they save. */
function isOfEditor(path: string): boolean {
  return /^(?:[.#].+|4913|.+~)$/.test(basename(path))
}
