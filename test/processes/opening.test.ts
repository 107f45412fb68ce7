import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frame } from '../sqlite/made.ts'
import { ended, journalIn, killed, newDirectory, positions } from '../sqlite/support.ts'

/** What is in the files of a directory, to find out that two are the same. */
function contentOf(directory: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(directory).toSorted()) hash.update(name).update(readFileSync(join(directory, name)))
  return hash.digest('hex')
}

describe('a process that is killed while it opens a journal', () => {
  const worker = new URL('../sqlite/copied-while-used.ts', import.meta.url)

  it.each([
    ['makes', 0, newDirectory],
    ['finds closed', 1, ended],
    ['takes over', 1, killed],
  ])('leaves a journal that the next process opens, wherever it was: one that it %s', async (_, count, make) => {
    const [parent, found] = [newDirectory(), await make()]
    const directory = join(parent, 'data')
    renameSync(found, directory)
    const journal = journalIn(directory, { worker })
    expect(await positions(journal, 'p')).toHaveLength(count)
    await journal.close()
    const copies = readdirSync(parent).filter(name => name !== 'data')
    const states = new Map(copies.map(copy => [contentOf(join(parent, copy)), copy]))
    expect(states.size).toBeGreaterThan(3)
    for (const copy of states.values()) {
      const next = journalIn(join(parent, copy))
      expect(await positions(next, 'p')).toHaveLength(count)
      await next.append('p', 2, count, [frame('p', count + 1)])
      await next.close()
    }
  })
})
