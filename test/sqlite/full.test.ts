import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frame } from './made.ts'
import { emptyJournal, journalIn, newDirectory, positions } from './support.ts'

const maxBytes = 1_048_576
const large = 'x'.repeat(100_000)

describe('a journal that has no room left', () => {
  it('refuses what does not fit, keeps what it acknowledged, and takes no more of the disk', async () => {
    const directory = newDirectory()
    const journal = journalIn(directory, { maxBytes })
    let acknowledged = 0
    const fill = async () => {
      for (; acknowledged < 100; acknowledged++)
        await journal.append('p', 1, acknowledged, [frame('p', acknowledged + 1, large)])
    }
    const error = await fill().catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_FULL', directory })
    expect(error.message).toContain('no room left')
    expect(acknowledged).toBeGreaterThan(5)
    expect(await positions(journal, 'p')).toHaveLength(acknowledged)
    expect((await journal.partitions()).at(0)?.position).toBe(acknowledged)
    await journal.close()
    expect(statSync(join(directory, 'journal.db')).size).toBeLessThanOrEqual(maxBytes)
  })

  it('goes on when there is room again', async () => {
    const journal = journalIn(emptyJournal(), { maxBytes })
    await journal.append('old', 1, 0, [frame('old', 1, large.repeat(8))])
    await expect(journal.append('p', 1, 0, [frame('p', 1, large.repeat(4))])).rejects.toMatchObject({
      code: 'JOURNAL_FULL',
    })
    await journal.delete('old')
    await journal.append('p', 1, 0, [frame('p', 1, large.repeat(4))])
    expect(await positions(journal, 'p')).toEqual([1])
  })

  it('goes on when it is given more', async () => {
    const directory = emptyJournal()
    const small = journalIn(directory, { maxBytes })
    await expect(small.append('p', 1, 0, [frame('p', 1, large.repeat(20))])).rejects.toMatchObject({
      code: 'JOURNAL_FULL',
    })
    await small.close()
    const larger = journalIn(directory, { maxBytes: 8 * maxBytes })
    await larger.append('p', 1, 0, [frame('p', 1, large.repeat(20))])
    expect(await positions(larger, 'p')).toEqual([1])
  })

  it('still takes what fits of all that comes at once', async () => {
    const journal = journalIn(emptyJournal(), { maxBytes })
    const tooLarge = journal.append('p', 1, 0, [frame('p', 1, large.repeat(20))])
    const others = ['q', 'r'].map(name => journal.append(name, 1, 0, [frame(name, 1)]))
    await expect(tooLarge).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
    await Promise.all(others)
    expect((await journal.partitions()).map(({ partition }) => partition)).toEqual(['q', 'r'])
  })
})
