import { defineEvent, defineParty, type Frame, type Journal, memoryJournal } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createRecord, type Life, live } from '../support/lives.ts'
import { command, dogAgent, inputAdded, inputRemoved, petsParty, trainerAgent } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

async function framesOf(journal: Journal, partition: string): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of journal.read(partition)) frames.push(frame)
  return frames
}

describe('a journal in memory', () => {
  it.each([
    ['of a party', { party: 'p1' }, 'party/p1'],
    ['of agents outside parties', {}, 'runtime'],
  ])('does not grow for ever: %s', async (_, where, partition) => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [dogAgent()], journal })
    await runtime.parties.create({ id: 'p1' })
    let most = 0
    for (let n = 0; n < 15; n++) {
      await Promise.all(Array.from({ length: 1_000 }, () => runtime.bus.publish(command({ word: 'a' }), where)))
      await turn()
      most = Math.max(most, (await framesOf(journal, partition)).length)
    }
    // Each command is two frames: that it was published, and the step.
    expect(most).toBeLessThan(25_000)
    const { pruned } = await journal.saved(partition)
    expect(pruned).toBeGreaterThan(10_000)
  })

  it('of which much was forgotten is enough to bring a party back', async () => {
    const journal = memoryJournal()
    let isFull = false
    const { runtime } = await startRuntime({
      party: petsParty(dogAgent()),
      journal: {
        ...journal,
        append: (...frames) => (isFull ? Promise.reject(new Error('no room')) : journal.append(...frames)),
      },
    })
    const party = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
    const bark = () => runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    for (let n = 0; n < 12; n++) await Promise.all(Array.from({ length: 1_000 }, bark))
    await party.idle()
    expect((await journal.saved('party/p1')).pruned).toBeGreaterThan(10_000)
    isFull = true
    await expect(bark()).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
    isFull = false
    await runtime.parties.retry('p1')
    await bark()
    await party.idle()
    expect(party.state).toMatchObject({ barks: 12_001 })
  })

  it('that keeps frames alone is not asked to forget any', async () => {
    const inner = memoryJournal()
    const journal: Journal = {
      ...inner,
      saved: async () => ({ snapshot: undefined, checkpoints: new Map(), pruned: 0 }),
      save: async () => {},
    }
    const { runtime } = await startRuntime({ agents: [dogAgent()], journal, snapshots: { every: 5, keep: 0 } })
    const errors: string[] = []
    runtime.bus.errors(({ data }) => errors.push(data.code))
    for (let n = 0; n < 20; n++) await runtime.bus.publish(command({ word: 'a' }))
    await runtime.idle()
    await turn()
    expect(errors).toEqual([])
    expect((await framesOf(journal, 'runtime')).length).toBeGreaterThan(40)
  })
})

describe('a state that was changed in place to what cannot be saved', () => {
  const knocked = defineEvent('doors.knocked', z.object({ n: z.int() }))
  const party = defineParty({
    name: 'doors',
    agents: [],
    events: [knocked],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: { error: new Error('shut'), knocks: 0 },
      on: {
        'doors.knocked': (state, { data }) => {
          state.knocks++
          Object.assign(state.error, { retry: data.n < 4 ? () => 1 : 1 })
        },
      },
    },
  })

  it.each([true, false])(
    'takes no event away from subscribers, and is saved once it can be; lasting: %s',
    async isLasting => {
      const record = createRecord()
      const snapshots = { every: 3 }
      const life = Object.assign(record.next(), { isLasting })
      const first = await live(life, { party, snapshots })
      const [heard, faults]: [number[], string[]] = [[], []]
      first.bus.subscribe(knocked, ({ data }) => void heard.push(data.n))
      first.bus.errors(({ data }) => faults.push(data.code))
      await first.parties.create({ id: 'p1' })
      const knock = async (from: number) => {
        for (let n = from; n < from + 4; n++) await first.bus.publish(knocked({ n }), { party: 'p1' })
        await settle()
      }
      await knock(0)
      await knock(4)
      expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
      expect(new Set(faults)).toEqual(new Set(['VALUE']))
      expect((await life.saved('party/p1')).snapshot).toBeDefined()
      const next = await live(Object.assign(record.next(), { isLasting }), { party, snapshots })
      expect(next.parties.get('p1').state).toMatchObject({ knocks: 8 })
    },
  )
})

it('bytes in a state that somebody has transferred elsewhere are told by their path', async () => {
  const bytes = new Uint8Array(8)
  const filled = defineEvent('bowls.filled', z.object({}))
  const emptied = defineEvent('bowls.emptied', z.object({}))
  const context: { bowls: { bytes?: Uint8Array }[] } = { bowls: [{}] }
  const party = defineParty({
    name: 'bowls',
    agents: [],
    events: [filled, emptied],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: context,
      on: {
        'bowls.filled': state => {
          state.bowls[0] = { bytes }
        },
      },
    },
  })
  const { runtime } = await startRuntime({
    party,
    journal: memoryJournal(),
    snapshots: { every: 1 },
    development: false,
  })
  const faults: string[] = []
  runtime.bus.errors(({ data }) => faults.push(`${data.code} ${data.message}`))
  const bowls = await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(filled({}), { party: 'p1' })
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  await runtime.bus.publish(emptied({}), { party: 'p1' })
  await runtime.idle()
  expect(() => bowls.state).toThrow(expect.objectContaining({ code: 'VALUE', path: 'bowls.0.bytes' }))
  expect(faults).toEqual([expect.stringMatching(/^VALUE The state of "bowls" holds bytes .* at "bowls\.0\.bytes"/)])
})

describe.each([true, false])('a reply to an agent elsewhere, in a journal that lasts: %s', isLasting => {
  const options = {
    party: petsParty(trainerAgent('runtime/dog', 60_000)),
    agents: [dogAgent()],
    snapshots: { every: 5 },
  }
  const bark = command({ word: 'a' })

  async function answersIn(life: Life): Promise<readonly unknown[]> {
    const { snapshot } = await life.saved('runtime')
    return JSON.parse(snapshot?.body ?? '{}').standing.answers
  }

  it('is in no snapshot any more when its asker has it for good', async () => {
    const life = Object.assign(createRecord().next(), { isLasting })
    const runtime = await live(life, options)
    const pets = await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 20; n++) {
      await pets.addInput('roll')
      await pets.idle()
    }
    for (let n = 0; n < 5; n++) await runtime.bus.publish(bark)
    await runtime.idle()
    await turn()
    expect(pets.state).toMatchObject({ said: { length: 20 } })
    expect(await answersIn(life)).toEqual([])
  })

  it('is in each until then, so that the next process does not ask again', async () => {
    const record = createRecord()
    const life = Object.assign(record.next(), { isLasting })
    const { append } = life
    let isHeld = false
    life.append = async (partition, epoch, position, frames, checkpoints) => {
      const isOutcome = frames.some(({ entries }) => entries.some(({ kind }) => kind === 'outcome'))
      isHeld ||= partition === 'party/p1' && isOutcome
      if (isHeld && partition === 'party/p1') return new Promise(() => {})
      return append(partition, epoch, position, frames, checkpoints)
    }
    const first = await live(life, options)
    const pets = await first.parties.create({ id: 'p1' })
    await pets.addInput('roll')
    await settle()
    expect(isHeld).toBe(true)
    for (let n = 0; n < 20; n++) await first.bus.publish(bark)
    await settle()
    expect(await answersIn(life)).toHaveLength(1)

    const second = await live(record.next(), options)
    await second.parties.get('p1').idle()
    expect(second.parties.get('p1').state).toMatchObject({ said: ['roll'] })
    const asked = (await record.frames('runtime')).flatMap(({ entries }) => entries.filter(one => one.kind === 'asked'))
    expect(asked).toHaveLength(1)
  })

  it('is kept by nobody when its asker was deleted', async () => {
    const life = Object.assign(createRecord().next(), { isLasting })
    const { append } = life
    life.append = async (partition, epoch, position, frames, checkpoints) => {
      const isOutcome = frames.some(({ entries }) => entries.some(({ kind }) => kind === 'outcome'))
      if (partition === 'party/p1' && isOutcome) throw new Error('no room')
      return append(partition, epoch, position, frames, checkpoints)
    }
    const runtime = await live(life, options)
    const pets = await runtime.parties.create({ id: 'p1' })
    await pets.addInput('roll')
    await settle()
    expect(runtime.parties.quarantined().length).toBeGreaterThan(0)
    const barks = async () => {
      for (let n = 0; n < 10; n++) await runtime.bus.publish(bark)
      await settle()
    }
    await barks()
    expect(await answersIn(life)).toHaveLength(1)
    await runtime.parties.delete('p1')
    await barks()
    expect(await answersIn(life)).toEqual([])
  })
})
