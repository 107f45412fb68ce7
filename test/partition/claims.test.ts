import { getEventListeners } from 'node:events'
import { createRuntime, type Journal, memoryJournal, type Ownership } from 'troupe'
import { describe, expect, it } from 'vitest'
import { owners } from '../support/owners.ts'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, suiteScheduler, turn } from '../support/runtime.ts'

const party = petsParty(dogAgent())
const agents = [dogAgent()]
const nothing = { takes: () => false }
const p1 = 'party/p1'

/** More microtasks than creating or claiming a party takes. */
const moments = Array.from({ length: 60 }, (_, moment) => moment)

async function microtasks(count: number) {
  for (let passed = 0; passed < count; passed++) await Promise.resolve()
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  )

/** A journal of which one method throws while it is told so. */
function breaking(method: 'read' | 'marks') {
  const inner = memoryJournal()
  const broken = { isSo: false }
  const journal: Journal = {
    ...inner,
    [method](...args: [never, never]) {
      if (broken.isSo) throw new Error('The disk is gone.')
      return inner[method](...args)
    },
  }
  return { journal, broken }
}

describe('a party that is deleted by its owner', () => {
  it('is no error in other runtimes, to which it is offered', async () => {
    const { start } = owners()
    const [one, two] = [await start('one', { party }), await start('two', { party })]
    const errors: unknown[] = []
    two.bus.errors(({ data }) => errors.push(data))
    await one.parties.create({ id: 'p1' })
    await one.parties.delete('p1')
    await turn()
    expect(errors).toEqual([])
  })

  it('leaves its id free in a runtime that knew it', async () => {
    const { start } = owners()
    const one = await start('one', { party })
    await one.parties.create({ id: 'p1' })
    const two = await start('two', { party }, nothing)
    await one.parties.delete('p1')
    expect((await two.parties.create({ id: 'p1' })).state.status).toBe('planning')
  })

  it('is not found there any more, once a claim has shown that', async () => {
    const { start } = owners()
    const one = await start('one', { party })
    await one.parties.create({ id: 'p1' })
    const two = await start('two', { party }, nothing)
    await one.parties.delete('p1')
    await expect(two.ownership.claim(p1)).rejects.toMatchObject({ code: 'PARTITION_NOT_FOUND' })
    expect(() => two.parties.get('p1')).toThrow(expect.objectContaining({ code: 'PARTY_NOT_FOUND' }))
  })
})

describe('a party is in a runtime exactly if the runtime owns it', () => {
  it('when the claim is lost at any moment of its creation, and made again', async () => {
    for (const moment of moments) {
      const { start, pause, resume, ownerOf } = owners()
      const one = await start('one', { party })
      const creating = codeOf(one.parties.create({ id: 'p1' }))
      await microtasks(moment)
      pause('one')
      resume('one')
      const claimed = await codeOf(one.ownership.claim(p1))
      expect(['done', 'PARTITION_OWNED']).toContain(await creating)
      expect({ moment, isHere: one.parties.list().length === 1 }).toEqual({ moment, isHere: claimed === 'done' })
      expect(ownerOf(p1)).toBe(claimed === 'done' ? 'one' : undefined)
    }
  })

  it('when the claim is lost at any moment of its recovery', async () => {
    for (const moment of moments) {
      const { start, pause, resume, ownerOf } = owners()
      const [one, two] = [await start('one', { party }, nothing), await start('two', { party }, nothing)]
      await one.parties.create({ id: 'p1' })
      await one.ownership.release(p1)
      const claiming = codeOf(two.ownership.claim(p1))
      await microtasks(moment)
      pause('two')
      resume('two')
      await claiming
      await turn()
      const isHere = two.parties.list().length === 1
      expect({ moment, owner: ownerOf(p1) }).toEqual({ moment, owner: isHere ? 'two' : undefined })
    }
  })

  it('when it is released at any moment of its recovery', async () => {
    for (const moment of moments) {
      const { start, ownerOf } = owners()
      const [one, two] = [await start('one', { party }, nothing), await start('two', { party }, nothing)]
      await one.parties.create({ id: 'p1' })
      await one.ownership.release(p1)
      const claiming = two.ownership.claim(p1)
      await microtasks(moment)
      await two.ownership.release(p1)
      await claiming
      expect({ moment, owner: ownerOf(p1), here: two.parties.list() }).toEqual({ moment, owner: undefined, here: [] })
      await one.ownership.claim(p1)
      expect(() => two.parties.get('p1')).toThrow(expect.objectContaining({ code: 'PARTITION_OWNED', owner: 'one' }))
    }
  }, 60_000)
})

describe('a claim after which the journal fails', () => {
  it('of the agents outside the parties is given up, and can be made again', async () => {
    const { journal, broken } = breaking('read')
    const { start, ownerOf } = owners(journal)
    const one = await start('one', { agents })
    await one.bus.publish(command({ word: 'sit' }))
    await one.idle()
    const two = await start('two', { agents }, nothing)
    await one.stop()
    broken.isSo = true
    await expect(two.ownership.claim('runtime')).rejects.toThrow('The disk is gone.')
    expect(ownerOf('runtime')).toBeUndefined()
    await expect(two.spawn(dogAgent(), { name: 'other' })).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' })
    broken.isSo = false
    await two.ownership.claim('runtime')
    expect(two.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
  })

  it('of a party is given up, and can be made again', async () => {
    const { journal, broken } = breaking('marks')
    const { start, ownerOf } = owners(journal)
    const one = await start('one', { party })
    await one.parties.create({ id: 'p1' })
    const two = await start('two', { party }, nothing)
    two.bus.subscribe('pets.*', () => {}, { durable: 'reader' })
    await one.stop()
    broken.isSo = true
    await expect(two.ownership.claim(p1)).rejects.toThrow('The disk is gone.')
    expect(ownerOf(p1)).toBeUndefined()
    broken.isSo = false
    await two.ownership.claim(p1)
    expect(two.parties.get('p1').state.status).toBe('planning')
  })

  it('of a party to import, because the journal holds it, leaves it to who claims it', async () => {
    const { start, ownerOf } = owners()
    const [one, two] = [await start('one', { party }, nothing), await start('two', { party }, nothing)]
    await one.parties.create({ id: 'p1' })
    const lines: string[] = []
    for await (const line of one.parties.export('p1')) lines.push(line)
    await one.ownership.release(p1)
    await expect(two.parties.import(lines)).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' })
    expect(ownerOf(p1)).toBeUndefined()
    await one.ownership.claim(p1)
    expect(one.parties.list()).toHaveLength(1)
  })
})

it('refuses what is meant for the agents outside the parties until they are recovered here', async () => {
  const { start } = owners()
  const one = await start('one', { agents })
  const two = await start('two', { agents }, nothing)
  await one.stop()
  const claiming = two.ownership.claim('runtime')
  for (const moment of [1, 2, 4]) {
    await microtasks(moment)
    await expect(two.spawn(dogAgent(), { name: `dog-${moment}` })).rejects.toMatchObject({ code: 'PARTITION_OWNED' })
  }
  await claiming
  await settle()
  expect(two.agent('dog').snapshot()).toBeDefined()
})

it('listens to one signal only as long as it holds claims with it', async () => {
  const { signal } = new AbortController()
  const ownership: Ownership = {
    isShared: true,
    choose: partitions => partitions,
    claim: (_, above) => ({ epoch: above + 1, lost: signal, release: async () => {} }),
    ownerOf: () => undefined,
    close: async () => {},
  }
  const runtime = await createRuntime({ scheduler: suiteScheduler, party, ownership, log: 'silent' }).start()
  const before = getEventListeners(signal, 'abort').length
  for (const id of ['p1', 'p2', 'p3']) {
    await runtime.parties.create({ id })
    await runtime.parties.delete(id)
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(before)
  await runtime.stop()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
