import { type Frame, JournalConflictError, memoryJournal } from 'troupe'
import { heldJournal, seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileJournal } from '../support/file-journal.ts'

const frame = (position: number, key = ''): Frame => ({
  partition: 'p',
  position,
  time: position,
  cause: { kind: 'outside' },
  entries: key === '' ? [] : [{ kind: 'reply', seq: position, key, data: null }],
})

describe.each([
  ['in memory', () => memoryJournal()],
  ['that is slow', () => slowJournal(seededRandom(3))],
  ['that is held by a test', () => heldJournal()],
  ['in files', () => fileJournal()],
])('a journal %s', (_, create) => {
  const make = () => {
    const journal = create()
    onTestFinished(() => journal.close())
    return journal
  }
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

  it('gives back frames of any length, from the middle too', async () => {
    const journal = make()
    const frames = Array.from({ length: 200 }, (_, place) => frame(place + 1, 'ä€'.repeat(place * place)))
    await journal.append('p', 1, 0, frames)
    const found: Frame[] = []
    for await (const one of journal.read('p', 100)) found.push(one)
    expect(found).toEqual(frames.slice(100))
  })

  it('gives back what is appended while it is read', async () => {
    const journal = make()
    await journal.append('p', 1, 0, [frame(1)])
    const found: number[] = []
    for await (const { position } of journal.read('p')) {
      found.push(position)
      if (position < 5) await journal.append('p', 1, position, [frame(position + 1)])
    }
    expect(found).toEqual([1, 2, 3, 4, 5])
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
  })
})
