import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint, Journal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { checkpoint, frame } from './made.ts'
import { emptyJournal, journalIn, leftBehind, newDirectory, withJournal } from './support.ts'

/** A context of 200 KB. */
const start = Array.from({ length: 200 }, (_, place) => `message ${place} `.padEnd(1_000, '.'))

function append(journal: Journal, position: number, one: Checkpoint): Promise<void> {
  return journal.append('p', 1, position - 1, [frame('p', position)], new Map([['dog', one]]))
}

async function dogIn(directory: string): Promise<Checkpoint | undefined> {
  return (await journalIn(directory).saved('p')).checkpoints.get('dog')
}

function bytesIn(directory: string): number {
  return ['journal.db', 'journal.db-wal'].reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

describe('a checkpoint of more than 64 KB', () => {
  it('is written as what has changed, so that each message of a long conversation costs about its length', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    await append(journal, 1, checkpoint(1, start))
    const before = bytesIn(directory)
    let log = start
    for (let position = 2; position <= 51; position++) {
      log = [...log, `message ${position} `.padEnd(1_000, '.')]
      await append(journal, position, checkpoint(position, log))
    }
    // Written whole, these would be 50 times 200 KB.
    expect(bytesIn(directory) - before).toBeLessThan(2_000_000)
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(51, log))
  })

  it('is written whole again before its changes are longer than it is', async () => {
    const directory = newDirectory()
    await withJournal(directory, async journal => {
      let log = start
      for (let position = 1; position <= 400; position++) {
        log = [...log.slice(1), `message ${position} `.padEnd(1_000, '.')]
        await append(journal, position, checkpoint(position, log))
      }
      expect((await journal.saved('p')).checkpoints.get('dog')).toEqual(checkpoint(400, log))
    })
    expect(statSync(join(directory, 'journal.db')).size).toBeLessThan(1_500_000)
  })

  it('comes back as it was last, though it was changed in place', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    const one = { ...checkpoint(1), snapshot: { context: { log: [...start] } } }
    await append(journal, 1, one)
    one.snapshot.context.log[7] = 'changed in place'
    await append(journal, 2, { ...one, position: 2 })
    expect(await dogIn(leftBehind(directory))).toEqual({ ...one, position: 2 })
  })

  it('comes back as it was last after an append that was refused', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    await append(journal, 1, checkpoint(1, start))
    await expect(append(journal, 7, checkpoint(7, [...start, 'refused']))).rejects.toMatchObject({
      code: 'JOURNAL_CONFLICT',
    })
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(1, start))
    await append(journal, 2, checkpoint(2, [...start, 'taken']))
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(2, [...start, 'taken']))
  })

  it('comes back as it was last, though an append was refused while the next one was on its way', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    await append(journal, 1, checkpoint(1, start))
    const refused = append(journal, 7, checkpoint(7, [...start, 'refused']))
    const taken = append(journal, 2, checkpoint(2, [...start, 'refused', 'taken']))
    await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' })
    await taken
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(2, [...start, 'refused', 'taken']))
  })

  it('comes back as it was last, though the checkpoint beside it was none that can be written', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    await append(journal, 1, checkpoint(1, start))
    const both = new Map([
      ['dog', checkpoint(2, [...start, 'refused'])],
      ['cat', { ...checkpoint(2), snapshot: 2n }],
    ])
    await expect(journal.append('p', 1, 1, [frame('p', 2)], both)).rejects.toBeInstanceOf(TypeError)
    await append(journal, 2, checkpoint(2, [...start, 'taken']))
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(2, [...start, 'taken']))
  })

  it('is forgotten whole with its agent, and with its partition', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    const changed = async (log: readonly string[]) => {
      await journal.append('p', 1, 0, [frame('p', 1)], new Map([['dog', checkpoint(1, log)]]))
      await append(journal, 2, checkpoint(2, [...log, 'more']))
    }
    await changed(start)
    await journal.append('p', 1, 2, [frame('p', 3)], new Map([['dog', undefined]]))
    expect((await journal.saved('p')).checkpoints).toEqual(new Map())
    await append(journal, 4, checkpoint(4, start))
    expect((await journal.saved('p')).checkpoints.get('dog')).toEqual(checkpoint(4, start))
    await journal.delete('p')
    await changed(start.slice(20))
    expect(await dogIn(leftBehind(directory))).toEqual(checkpoint(2, [...start.slice(20), 'more']))
  })

  it('goes on in the next process from where it was', async () => {
    const directory = emptyJournal()
    await withJournal(directory, async journal => {
      await append(journal, 1, checkpoint(1, start))
      await append(journal, 2, checkpoint(2, [...start, 'first']))
    })
    await withJournal(directory, async journal => {
      await append(journal, 3, checkpoint(3, [...start, 'second']))
      await append(journal, 4, checkpoint(4, [...start, 'third']))
    })
    expect(await dogIn(directory)).toEqual(checkpoint(4, [...start, 'third']))
  })
})
