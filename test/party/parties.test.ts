import { type Journal, JournalConflictError, memoryJournal, partyQuarantined } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const party = petsParty(dogAgent())

/** A journal in memory that refuses the calls that a test chooses. */
function refusingJournal(inner = memoryJournal()) {
  const refuses = { append: (_partition: string) => false, delete: false }
  const journal: Journal = {
    ...inner,
    async append(partition, ...frames) {
      if (refuses.append(partition)) throw new Error('the disk is full')
      return inner.append(partition, ...frames)
    },
    async delete(partition) {
      if (refuses.delete) throw new Error('the disk is full')
      return inner.delete(partition)
    },
  }
  const addresses = async () => (await inner.partitions()).map(one => one.partition)
  return { journal, refuses, addresses, inner }
}

async function barks(journal: Journal) {
  const { runtime } = await startRuntime({ party, journal })
  const bark = async (id: string) => {
    await runtime.bus.publish(command({ word: 'a' }), { party: id })
    await runtime.parties.get(id).idle()
    return runtime.parties.get(id).state
  }
  return { runtime, bark }
}

describe('a party that the journal refuses when it is created', () => {
  it('does not exist, and a party with its id can be created when the journal has room', async () => {
    const { journal, refuses, addresses } = refusingJournal()
    const { runtime, bark } = await barks(journal)
    refuses.append = partition => partition === 'party/p1'
    await expect(runtime.parties.create({ id: 'p1', inputs: ['sit'] })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.parties.quarantined()).toEqual([])
    expect(runtime.bus.history({ type: partyQuarantined.type })).toEqual([])
    expect(() => runtime.parties.get('p1')).toThrow(expect.objectContaining({ code: 'PARTY_NOT_FOUND' }))
    expect(await addresses()).not.toContain('party/p1')
    refuses.append = () => false
    await runtime.parties.create({ id: 'p1' })
    expect(await bark('p1')).toMatchObject({ barks: 1 })
  })

  it('does not keep its id, also if the journal wrote it in spite of the error and cannot delete it yet', async () => {
    const { journal: inner, refuses, addresses } = refusingJournal()
    let isSick = true
    let appends = 0
    const journal: Journal = {
      ...inner,
      async append(...frames) {
        const isOfParty = isSick && frames[0] === 'party/p1'
        if (!isOfParty || ++appends === 1) await inner.append(...frames)
        if (isOfParty) throw new Error('the disk is sick')
      },
      read(...query) {
        if (isSick && query[0] === 'party/p1') throw new Error('the disk is sick')
        return inner.read(...query)
      },
    }
    const { runtime, bark } = await barks(journal)
    refuses.delete = true
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
    expect(await addresses()).toContain('party/p1')
    isSick = false
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toThrow('the disk is full')
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.parties.quarantined()).toEqual([])
    refuses.delete = false
    await runtime.parties.create({ id: 'p1' })
    expect(await bark('p1')).toMatchObject({ barks: 1 })
  })

  it('leaves the frames of another owner that wrote first', async () => {
    const { journal, inner } = refusingJournal()
    const { runtime } = await barks(journal)
    const frame = { partition: 'party/p1', position: 3, time: 1, cause: { kind: 'outside' as const }, entries: [] }
    await inner.append('party/p1', 4, 0, [frame])
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
      cause: expect.any(JournalConflictError),
    })
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.parties.quarantined()).toEqual([])
    expect(await inner.partitions()).toContainEqual({ partition: 'party/p1', epoch: 4, position: 3 })
  })
})

it('a party goes on after the frames of another owner, also where the disk was full when they were written', async () => {
  const { journal, refuses, inner } = refusingJournal()
  const { runtime, bark } = await barks(journal)
  await runtime.parties.create({ id: 'p1' })
  const { epoch = 0, position = 0 } = (await inner.partitions()).find(one => one.partition === 'party/p1') ?? {}
  const cause = { kind: 'outside' as const }
  await inner.append('party/p1', epoch, position, [
    { partition: 'party/p1', position: position + 1, time: 1, cause, entries: [] },
  ])
  let refused = 0
  refuses.append = partition => partition === 'party/p1' && ++refused === 1
  await expect(bark('p1')).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
  await settle()
  expect(runtime.parties.quarantined()).toEqual([])
  expect(await bark('p1')).toMatchObject({ barks: 1 })
})

describe('a party that is deleted', () => {
  it('makes room in the history for the events of other parties', async () => {
    const { runtime } = await startRuntime({ party })
    const say = async (id: string, times: number) => {
      for (let nth = 0; nth < times; nth++) await runtime.bus.publish(barked({ word: 'a', count: nth }), { party: id })
    }
    for (const id of ['kept', 'gone', 'next']) await runtime.parties.create({ id })
    await say('kept', 100)
    await say('gone', 850)
    await runtime.parties.delete('gone')
    await say('next', 300)
    const heard = (id: string) => runtime.bus.history({ type: barked.type, party: id }).length
    expect([heard('kept'), heard('gone'), heard('next')]).toEqual([100, 0, 300])
  })

  it('is quarantined if the journal fails to delete it, and can be deleted again', async () => {
    const { journal, refuses, addresses } = refusingJournal()
    const { runtime, bark } = await barks(journal)
    await runtime.parties.create({ id: 'p1' })
    await bark('p1')
    refuses.delete = true
    await expect(runtime.parties.delete('p1')).rejects.toThrow('the disk is full')
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', reason: 'the disk is full' }])
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({ code: 'PARTY_QUARANTINED' })
    refuses.delete = false
    await runtime.parties.delete('p1')
    expect(runtime.parties.quarantined()).toEqual([])
    expect(await addresses()).not.toContain('party/p1')
    await runtime.parties.create({ id: 'p1' })
    expect(await bark('p1')).toMatchObject({ barks: 1 })
  })

  it('goes on after a retry if the journal fails to delete it', async () => {
    const { journal, refuses } = refusingJournal()
    const { runtime, bark } = await barks(journal)
    await runtime.parties.create({ id: 'p1' })
    await bark('p1')
    refuses.delete = true
    await expect(runtime.parties.delete('p1')).rejects.toThrow('the disk is full')
    expect((await runtime.parties.retry('p1')).state).toMatchObject({ barks: 1 })
    expect(await bark('p1')).toMatchObject({ barks: 2 })
  })

  it('while it is quarantined is forgotten by durable subscriptions too', async () => {
    const { journal, refuses } = refusingJournal()
    const { runtime, bark } = await barks(journal)
    const words: string[] = []
    runtime.bus.subscribe(barked, ({ data }) => words.push(data.word), { durable: 'ledger' })
    await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 5; n++) await bark('p1')
    refuses.append = partition => partition === 'party/p1'
    await expect(runtime.bus.publish(command({ word: 'x' }), { party: 'p1' })).rejects.toMatchObject({
      code: 'JOURNAL_APPEND',
    })
    refuses.append = () => false
    refuses.delete = true
    await runtime.parties.delete('p1').catch(() => {})
    refuses.delete = false
    await runtime.parties.delete('p1')
    words.length = 0
    await runtime.parties.create({ id: 'p1' })
    await bark('p1')
    await turn()
    expect(words).toEqual(['a'])
  })

  it('leaves no snapshot to the next party with its id', async () => {
    const inner = memoryJournal()
    const saving = Promise.withResolvers<undefined>()
    const waiting = Promise.withResolvers<undefined>()
    let saves = 0
    const journal: Journal = {
      ...inner,
      async save(partition, snapshot) {
        if (partition === 'party/p1' && saves++ === 0) {
          waiting.resolve(undefined)
          await saving.promise
        }
        return inner.save(partition, snapshot)
      },
    }
    const { runtime } = await startRuntime({ party, journal, snapshots: { every: 10 } })
    await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 10; n++) await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await waiting.promise
    const deleted = runtime.parties.delete('p1')
    await turn()
    saving.resolve(undefined)
    await deleted
    await runtime.parties.create({ id: 'p1' })
    await turn()
    expect((await inner.saved('party/p1')).snapshot).toBeUndefined()
  })
})
