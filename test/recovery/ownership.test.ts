import { JournalConflictError, memoryJournal, OwnershipLostError, PartitionOwnedError, partyLost } from 'troupe'
import { describe, expect, it } from 'vitest'
import { owners } from '../support/owners.ts'
import { barked, command, dogAgent, petsParty, runnerAgent, trainerAgent, trick } from '../support/pets.ts'
import { settle, turn } from '../support/runtime.ts'

const party = petsParty(dogAgent())
/** Claims a partition only when the test asks it to. */
const nothing = { takes: (partition: string) => partition === 'runtime' }

describe('two runtimes on one journal', () => {
  it('refuse to use a party of the other runtime, and name its owner', async () => {
    const { start } = owners()
    const one = await start('one', { party })
    const two = await start('two', { party })
    await one.parties.create({ id: 'p1' })
    const owned = { code: 'PARTITION_OWNED', partition: 'party/p1', owner: 'one' }
    expect(() => two.parties.get('p1')).toThrow(expect.objectContaining(owned))
    await expect(two.parties.create({ id: 'p1' })).rejects.toMatchObject(owned)
    await expect(two.parties.delete('p1')).rejects.toMatchObject(owned)
    await expect(two.bus.publish(command({ word: 'sit' }), { party: 'p1' })).rejects.toMatchObject(owned)
    await expect(two.ownership.claim('party/p1')).rejects.toMatchObject(owned)
    expect(one.parties.get('p1').state.status).toBe('planning')
  })

  it('list all partitions with their owners, here and in other runtimes', async () => {
    const { start } = owners()
    const one = await start('one', { party })
    const two = await start('two', { party })
    await one.parties.create({ id: 'p1' })
    await two.parties.create({ id: 'p2' })
    expect(await two.ownership.list()).toEqual([
      { partition: 'runtime', isHere: false, owner: 'one', epoch: 1 },
      { partition: 'party/p1', isHere: false, owner: 'one', epoch: 1 },
      { partition: 'party/p2', isHere: true, owner: 'two', epoch: 1 },
    ])
    expect(two.parties.list().map(({ id }) => id)).toEqual(['p2'])
  })

  it('claim at their start the partitions that they choose, and no others', async () => {
    const { start } = owners()
    const before = await start('before', { party })
    for (const id of ['a1', 'b1', 'a2']) await before.parties.create({ id })
    await before.stop()
    const one = await start('one', { party }, { takes: partition => !partition.startsWith('party/b') })
    expect(one.parties.list().map(({ id }) => id)).toEqual(['a1', 'a2'])
    expect(() => one.parties.get('b1')).toThrow(PartitionOwnedError)
    const two = await start('two', { party }, { takes: partition => partition.startsWith('party/b') })
    expect(two.parties.list().map(({ id }) => id)).toEqual(['b1'])
    expect(() => one.parties.get('b1')).toThrow(expect.objectContaining({ owner: 'two' }))
  })

  it('hand a party over with its state, its mail and its timers', async () => {
    const { start, clock } = owners()
    const one = await start('one', { party }, nothing)
    const two = await start('two', { party }, nothing)
    const given = await one.parties.create({ id: 'p1' })
    await one.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await one.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await given.idle()
    await one.ownership.release('party/p1')
    await two.ownership.claim('party/p1')
    const taken = two.parties.get('p1')
    expect(taken.state).toMatchObject({ barks: 0, status: 'planning' })
    clock.advance(1_000)
    await taken.idle()
    expect(taken.state).toMatchObject({ barks: 1 })
    expect(given.state).toMatchObject({ barks: 0, status: 'planning' })
    await expect(given.addInput('late')).rejects.toMatchObject({ code: 'OWNERSHIP_LOST', partition: 'party/p1' })
  })

  it('end the waiting calls when a party is lost, and go on with the other parties', async () => {
    const { start, pause, resume } = owners()
    const one = await start('one', { party })
    const [lost, kept] = [await one.parties.create({ id: 'p1' }), await one.parties.create({ id: 'p2' })]
    await one.bus.publish(command({ word: 'rest' }), { party: 'p1' })
    const lostParties: unknown[] = []
    one.bus.subscribe(partyLost, ({ data }) => lostParties.push(data.partyId))
    const asking = one.ask('party/p1/dog', trick, { name: 'silence' })
    const asked = expect(asking).rejects.toBeInstanceOf(OwnershipLostError)
    await turn()
    const two = await start('two', { party }, { takes: partition => partition === 'party/p1' })
    pause('one')
    await settle()
    expect(two.parties.list()).toHaveLength(1)
    resume('one')
    await asked
    expect(() => one.parties.get('p1')).toThrow(expect.objectContaining({ code: 'PARTITION_OWNED', owner: 'two' }))
    await expect(lost.addInput('more')).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' })
    expect(lost.agent('dog').snapshot()).toBeDefined()
    for (const id of ['party/p2', 'runtime']) await one.ownership.claim(id)
    await one.bus.publish(command({ word: 'sit' }), { party: 'p2' })
    await one.parties.get('p2').idle()
    expect(one.parties.get('p2').state).toMatchObject({ barks: 1 })
    expect(kept.id).toBe('p2')
    expect(lostParties).toContain('p1')
  })

  it('refuse the frames of an owner that has not noticed its loss', async () => {
    const { start, pause, journal } = owners()
    const one = await start('one', { party }, nothing)
    const two = await start('two', { party })
    const before = await one.parties.create({ id: 'p1' })
    pause('one')
    await settle()
    expect(two.parties.list()).toHaveLength(1)
    const words: string[] = []
    one.bus.subscribe(barked, ({ data }) => words.push(data.word))
    await expect(before.addInput('stale')).rejects.toMatchObject({ code: 'OWNERSHIP_LOST', epoch: 1 })
    await expect(one.bus.publish(command({ word: 'sit' }), { party: 'p1' })).rejects.toThrow(PartitionOwnedError)
    await two.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await two.parties.get('p1').idle()
    expect(two.parties.get('p1').state).toMatchObject({ barks: 1, inputs: { size: 0 } })
    expect(words).toEqual([])
    const frames = []
    for await (const frame of journal.read('party/p1')) frames.push(JSON.stringify(frame))
    expect(frames.filter(frame => frame.includes('stale'))).toEqual([])
  })

  it('refuse the deletion of a party by an owner that has not noticed its loss', async () => {
    const { start, pause } = owners()
    const one = await start('one', { party }, nothing)
    const two = await start('two', { party })
    await one.parties.create({ id: 'p1' })
    pause('one')
    await settle()
    expect(two.parties.list()).toHaveLength(1)
    await expect(one.parties.delete('p1')).rejects.toMatchObject({ code: 'PARTITION_OWNED', owner: 'two' })
    await two.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await two.parties.get('p1').idle()
    expect(two.parties.get('p1').state).toMatchObject({ barks: 1 })
  })

  it('write under the epoch of the claim only, whatever the journal answers', async () => {
    const inner = memoryJournal()
    const epochs: number[] = []
    let isLater = false
    const { start } = owners({
      ...inner,
      async append(partition, epoch, position, ...rest) {
        epochs.push(epoch)
        if (isLater && partition === 'party/p1') throw new JournalConflictError(partition, position, position, 7)
        await inner.append(partition, epoch, position, ...rest)
      },
    })
    const one = await start('one', { party })
    const before = await one.parties.create({ id: 'p1' })
    isLater = true
    await expect(before.addInput('late')).rejects.toMatchObject({ code: 'OWNERSHIP_LOST', epoch: 1 })
    expect(new Set(epochs)).toEqual(new Set([1]))
  })

  it('end the asks of agents to a party that is lost, with the reason', async () => {
    const { start } = owners()
    const pets = petsParty(dogAgent(), trainerAgent('party/p1/dog'))
    const takes = (partition: string) => partition === 'party/p1'
    const one = await start('one', { party: pets })
    await one.parties.create({ id: 'p1' })
    const asking = await one.parties.create({ id: 'p2' })
    await asking.addInput('silence')
    await turn()
    const two = await start('two', { party: pets }, { takes })
    await one.ownership.release('party/p1')
    await settle()
    expect(two.parties.list()).toHaveLength(1)
    await asking.idle()
    expect(asking.state).toMatchObject({ said: ['OWNERSHIP_LOST'] })
  })

  it('do not acknowledge writes that the journal takes while the ownership is lost', async () => {
    const inner = memoryJournal()
    const held: (() => void)[] = []
    let isHeld = false
    const { start, pause, resume } = owners({
      ...inner,
      async append(...frames) {
        await inner.append(...frames)
        if (isHeld) await new Promise<void>(resolve => held.push(resolve))
      },
    })
    const one = await start('one', { party })
    const { state } = await one.parties.create({ id: 'p1' })
    const before = one.parties.get('p1')
    const words: string[] = []
    one.bus.subscribe(command, ({ data }) => words.push(data.word))
    isHeld = true
    const published = one.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    const refused = expect(published).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' })
    await settle()
    expect(held.length).toBeGreaterThan(0)
    pause('one')
    resume('one')
    await refused
    isHeld = false
    for (const go of held) go()
    await turn()
    expect(words).toEqual([])
    expect(before.state).toEqual(state)
    const two = await start('two', { party })
    await two.parties.get('p1').idle()
    expect(two.parties.get('p1').state).toMatchObject({ barks: 1 })
  })

  it('stop the effects of a party that is lost; its new owner runs them again under the same key', async () => {
    const { start, pause, resume } = owners()
    const keys: string[] = []
    const aborted: string[] = []
    const pets = (name: string) =>
      petsParty(
        runnerAgent(async (_, { key, signal }) => {
          keys.push(key)
          if (name === 'two') return 'ran'
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          aborted.push(key)
          return 'too late'
        }),
      )
    const one = await start('one', { party: pets('one') })
    await one.parties.create({ id: 'p1' })
    await one.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await settle()
    expect(keys).toHaveLength(1)
    const two = await start('two', { party: pets('two') })
    pause('one')
    await settle()
    expect(keys).toHaveLength(2)
    resume('one')
    await two.parties.get('p1').idle()
    expect(new Set(keys).size).toBe(1)
    await settle()
    expect(aborted).toHaveLength(1)
  })
})

describe('the agents outside the parties', () => {
  const agents = [dogAgent()]

  it('run in one runtime; other runtimes refuse them, and name their owner', async () => {
    const { start } = owners()
    const one = await start('one', { agents, party })
    const two = await start('two', { agents, party })
    await one.bus.publish(command({ word: 'sit' }))
    await one.idle()
    expect(one.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
    expect(() => two.agent('dog')).toThrow(expect.objectContaining({ code: 'PARTITION_OWNED', owner: 'one' }))
    expect(() => two.pool('dogs')).toThrow(expect.objectContaining({ code: 'PARTITION_OWNED', owner: 'one' }))
    await expect(two.bus.publish(command({ word: 'sit' }))).rejects.toMatchObject({ code: 'PARTITION_OWNED' })
    await expect(two.spawn(runnerAgent(async () => 'done'))).rejects.toMatchObject({ code: 'PARTITION_OWNED' })
    await expect(two.ask('runtime/dog', trick, { name: 'sit' })).rejects.toMatchObject({ owner: 'one' })
  })

  it('move to another runtime when their owner ends, and return when that one ends', async () => {
    const { start, pause, resume, ownerOf } = owners()
    const one = await start('one', { agents, party })
    await one.bus.publish(command({ word: 'sit' }))
    await one.idle()
    const two = await start('two', { agents, party })
    pause('one')
    await settle()
    expect(ownerOf('runtime')).toBe('two')
    resume('one')
    await two.ownership.claim('runtime')
    await two.bus.publish(command({ word: 'sit' }))
    await two.idle()
    expect(two.agent('dog').snapshot()?.context).toMatchObject({ count: 2 })
    expect(() => one.agent('dog')).toThrow(OwnershipLostError)
    const mine = await one.parties.create({ id: 'p1' })
    await one.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await mine.idle()
    expect(mine.state).toMatchObject({ barks: 1 })

    await two.stop()
    await settle()
    expect(ownerOf('runtime')).toBe('one')
    await one.ownership.claim('runtime')
    await one.bus.publish(command({ word: 'sit' }))
    await one.idle()
    expect(one.agent('dog').snapshot()?.context).toMatchObject({ count: 3 })
  })
})
