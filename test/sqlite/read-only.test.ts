import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { frame } from './made.ts'
import { ended, journalIn, killed, newDirectory, positions } from './support.ts'

/** Names, bytes and times of the files in a directory. */
function filesOf(directory: string) {
  return readdirSync(directory)
    .toSorted()
    .map(name => {
      const { mtimeMs, size } = statSync(join(directory, name))
      return [name, mtimeMs, size, readFileSync(join(directory, name), 'hex')]
    })
}

const readOnly = { readOnly: true }

describe('a journal that is only read', () => {
  it.each([
    ['was closed', ended],
    ['was left by a process that was killed', killed],
  ])('gives back what is in a directory that %s, and changes nothing there', async (_, make) => {
    const directory = await make()
    const before = filesOf(directory)
    const journal = journalIn(directory, readOnly)
    expect(await positions(journal, 'p')).toEqual([1])
    await journal.close()
    expect(filesOf(directory)).toEqual(before)
  })

  it('takes no frames, snapshots or places', async () => {
    const journal = journalIn(await ended(), readOnly)
    const refused = { code: 'JOURNAL_READ_ONLY' }
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject(refused)
    await expect(journal.save('p', { position: 1, hash: '', body: '' })).rejects.toMatchObject(refused)
    await expect(journal.prune('p', 0)).rejects.toMatchObject(refused)
    await expect(journal.mark('ledger', new Map())).rejects.toMatchObject(refused)
    await expect(journal.delete('p')).rejects.toMatchObject(refused)
  })

  it('makes no journal where there is none', async () => {
    const directory = newDirectory()
    const journal = journalIn(join(directory, 'data'), readOnly)
    await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', reason: 'unreachable' })
    expect(readdirSync(directory)).toEqual([])
  })

  it('says what is wrong with the directory that was named, not with its copy', async () => {
    const directory = await killed()
    rmSync(join(directory, 'journal.db-wal'))
    const journal = journalIn(directory, readOnly)
    await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', reason: 'incomplete', directory })
  })

  it('can be read where nothing may be written', async () => {
    const directory = await ended()
    chmodSync(directory, 0o500)
    onTestFinished(() => chmodSync(directory, 0o700))
    expect(await positions(journalIn(directory, readOnly), 'p')).toEqual([1])
  })

  it('is refused in the process that has it open, whose lock it would take away', async () => {
    const directory = await ended()
    await journalIn(directory).partitions()
    await expect(journalIn(directory, readOnly).partitions()).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
      pid: process.pid,
    })
  })

  it('can be read while another process has it open and holds still', async () => {
    const directory = await ended()
    const program = `
      import { sqliteJournal } from 'troupe/sqlite'
      const journal = sqliteJournal({ directory: process.argv[1] })
      await journal.append('p', 1, 1, [{ partition: 'p', position: 2, time: 0, cause: { kind: 'outside' }, entries: [] }])
      console.log('open')
      setInterval(() => {}, 1_000)`
    const args = ['--conditions=troupe-source', '--input-type=module', '--eval', program, directory]
    const other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void other.kill('SIGKILL'))
    await once(other.stdout, 'data')
    expect(await positions(journalIn(directory, readOnly), 'p')).toEqual([1, 2])
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED', pid: other.pid })
  })
})
