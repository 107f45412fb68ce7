import { type Frame, JournalConflictError, memoryJournal } from 'troupe'
import { heldJournal, seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'

const frame = (position: number): Frame => ({
  partition: 'p',
  position,
  time: position,
  cause: { kind: 'outside' },
  entries: [],
})

describe.each([
  ['in memory', () => memoryJournal()],
  ['that is slow', () => slowJournal(seededRandom(3))],
  ['that is held by a test', () => heldJournal()],
])('a journal %s', (_, make) => {
  const positions = async (journal: ReturnType<typeof make>, after?: number) => {
    const found: number[] = []
    for await (const { position } of journal.read('p', after)) found.push(position)
    return found
  }

  it('gives back what was appended, in order, from any position', async () => {
    const journal = make()
    await journal.append('p', 1, 0, [frame(1), frame(2)])
    await journal.append('p', 1, 2, [frame(3)])
    expect(await positions(journal)).toEqual([1, 2, 3])
    expect(await positions(journal, 2)).toEqual([3])
  })

  it('refuses a writer that has missed something, and keeps what it had', async () => {
    const journal = make()
    await journal.append('p', 1, 0, [frame(1)])
    await expect(journal.append('p', 1, 0, [frame(1)])).rejects.toMatchObject({
      code: 'JOURNAL_CONFLICT',
      expected: 0,
      actual: 1,
    })
    expect(await positions(journal)).toEqual([1])
  })

  it('fences an owner that came before the last', async () => {
    const journal = make()
    await journal.append('p', 2, 0, [frame(1)])
    await expect(journal.append('p', 1, 1, [frame(2)])).rejects.toBeInstanceOf(JournalConflictError)
    await journal.append('p', 3, 1, [frame(2)])
    expect(await positions(journal)).toEqual([1, 2])
  })

  it('forgets a partition', async () => {
    const journal = make()
    await journal.append('p', 1, 0, [frame(1)])
    await journal.delete('p')
    expect(await positions(journal)).toEqual([])
    await journal.close()
  })
})
