import {
  agentTypes,
  askMany,
  child,
  defineAgent,
  defineEvent,
  defineSupervisor,
  effect,
  type Frame,
  type Journal,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, createMachine, emit, setup } from 'xstate'
import * as z from 'zod'
import { clock, createRecord, type Life, live } from '../support/lives.ts'
import { barked, command, dogAgent, parrotAgent, petsParty, trainerAgent, trick, urgent } from '../support/pets.ts'
import { settle } from '../support/runtime.ts'

/** A process that ends once such a frame is written: the append is never acknowledged. */
function endingWith(life: Life, isLast: (frame: Frame) => boolean): Journal {
  return {
    ...life,
    async append(partition, epoch, expected, frames, checkpoints) {
      await life.append(partition, epoch, expected, frames, checkpoints)
      if (!frames.some(isLast)) return
      life.end()
      return new Promise(() => {})
    },
  }
}

/** A process that ends before such a frame is written. */
function endingBefore(life: Life, isLast: (frame: Frame) => boolean): Journal {
  return {
    ...life,
    append(partition, epoch, expected, frames, checkpoints) {
      if (frames.some(isLast)) life.end()
      return life.append(partition, epoch, expected, frames, checkpoints)
    },
  }
}

const isFailedStep = ({ cause }: Frame) => cause.kind === 'step' && cause.outcome === 'failed'

describe('a supervised agent', () => {
  it('that had crashed when the process ended is started again by its supervisor', async () => {
    const record = createRecord()
    const party = petsParty(defineSupervisor({ name: 'kennel', agents: [dogAgent()] }))
    const life = record.next()
    const first = await live(life, { party, journal: endingWith(life, isFailedStep) })
    await first.parties.create({ id: 'p1' })
    void first.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await settle()
    expect(life.isOver).toBe(true)

    const second = await live(record.next(), { party })
    expect(second.parties.quarantined()).toEqual([])
    const after = second.parties.get('p1')
    await second.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await after.idle()
    expect(after.state).toMatchObject({ barks: 1 })
    expect(after.agent('dog').incarnation).toBe(2)
  })
})

describe('a child', () => {
  it('that waits for outside work when the process ends is restored with its parent', async () => {
    const done = defineEvent('pets.done', z.object({}))
    const puppyOf = (run: () => unknown) => {
      const machine = setup({
        types: agentTypes({ context: {}, hears: [], says: [] }),
        actors: { run: effect('run', run) },
      }).createMachine({
        id: 'puppy',
        initial: 'running',
        states: { running: { invoke: { id: 'run', src: 'run', onDone: 'home' } }, home: { type: 'final' } },
      })
      return defineAgent({ name: 'puppy', machine, hears: [], says: [], restart: 'transient' })
    }
    const motherOf = (run: () => unknown) => {
      const machine = setup({
        types: agentTypes({ context: {}, hears: [command], says: [barked, done] }),
        actors: { puppy: child(puppyOf(run)) },
      }).createMachine({
        id: 'mother',
        initial: 'idle',
        states: {
          idle: { on: { 'pets.command': 'waiting' } },
          waiting: {
            invoke: {
              id: 'puppy',
              src: 'puppy',
              onDone: { target: 'idle', actions: emit(() => barked({ word: 'home', count: 1 })) },
            },
          },
        },
      })
      return defineAgent({ name: 'mother', machine, hears: [command], says: [barked, done] })
    }
    const record = createRecord()
    let runs = 0
    const hang = petsParty(
      motherOf(() => {
        runs++
        return new Promise(() => {})
      }),
    )
    const first = await live(record.next(), { party: hang })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'go' }), { party: 'p1' })
    await settle()
    expect(runs).toBe(1)

    const second = await live(record.next(), { party: petsParty(motherOf(() => 'back')) })
    const after = second.parties.get('p1')
    await after.idle()
    expect(after.state).toMatchObject({ barks: 1 })
    expect(after.agent('mother').incarnation).toBe(1)
  })
})

describe('an agent outside the parties', () => {
  it('hears the events that it had not heard when the process ended, also those that a snapshot of the party covers', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const agents = [parrotAgent()]
    const life = record.next()
    let isSaved = false
    const journal: Journal = {
      ...life,
      get isOver() {
        return life.isOver
      },
      // The frames that say what the agent outside has heard are never written.
      append: (partition, epoch, expected, frames, checkpoints) =>
        frames.some(({ entries }) => entries.some(entry => 'heard' in entry))
          ? new Promise(() => {})
          : life.append(partition, epoch, expected, frames, checkpoints),
      async save(partition, snapshot) {
        await life.save(partition, snapshot)
        isSaved ||= partition === 'party/p1'
      },
    }
    const snapshots = { every: 5 }
    const first = await live(life, { party, agents, snapshots, journal })
    await first.parties.create({ id: 'p1' })
    for (const word of ['a', 'b', 'c']) await first.bus.publish(command({ word }), { party: 'p1' })
    // Snapshots are saved in the background: this would be enough time for one.
    await settle()
    expect(isSaved).toBe(false)
    life.end()

    const second = await live(record.next(), { party, agents, snapshots })
    await second.idle()
    expect(second.agent('parrot').snapshot()?.context).toEqual({ words: ['a', 'b', 'c'] })
  })

  it.each(['failed', 'was quarantined'])('hears no event twice of a party that %s and is retried', async why => {
    const record = createRecord()
    const options = { party: petsParty(dogAgent()), agents: [parrotAgent()], intensity: { max: 0, within: 1_000 } }
    const first = await live(record.next(), options)
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await first.idle()

    const life = { ...record.next() }
    const { append } = life
    const second = await live(life, options)
    for (const word of ['b', 'c']) await second.bus.publish(command({ word }), { party: 'p1' })
    await second.idle()
    if (why === 'was quarantined')
      life.append = async (partition, ...rest) => {
        if (partition === 'party/p1') throw new Error('the disk is full')
        return append(partition, ...rest)
      }
    await second.bus.publish(command({ word: 'boom' }), { party: 'p1' }).catch(() => {})
    await settle()
    expect(second.parties.list()[0]?.state.status).toBe('error')
    life.append = append
    await second.parties.retry('p1')
    await second.bus.publish(command({ word: 'd' }), { party: 'p1' })
    await second.idle()
    expect(second.agent('parrot').snapshot()?.context).toEqual({ words: ['a', 'b', 'c', 'd'] })
  })
})

describe('an ask', () => {
  it('of a restored agent reaches the handler that the program registers again', async () => {
    const record = createRecord()
    const party = petsParty(trainerAgent(undefined, 60_000))
    const first = await live(record.next(), { party })
    let asked = 0
    first.handle(trick, () => {
      asked++
      return new Promise(() => {})
    })
    await first.parties.create({ id: 'p1', inputs: ['sit'] })
    await settle()
    expect(asked).toBe(1)

    const second = await live(record.next(), { party })
    second.handle(trick, ({ name }) => ({ done: name }))
    await second.idle()
    expect(second.parties.get('p1').state).toMatchObject({ said: ['sit'] })
  })

  it('of a restored agent reaches the agent that the program spawns again', async () => {
    const record = createRecord()
    const options = { party: petsParty(trainerAgent(undefined, 60_000)), events: [trick] }
    const first = await live(record.next(), options)
    await first.spawn(dogAgent())
    await first.bus.publish(command({ word: 'rest' }))
    await first.parties.create({ id: 'p1', inputs: ['sit'] })
    await settle()
    expect(first.agent('dog').mailbox.depth).toBe(1)

    const second = await live(record.next(), options)
    await second.spawn(dogAgent())
    await second.bus.publish(urgent({ word: 'up' }))
    await second.idle()
    expect(second.parties.get('p1').state).toMatchObject({ said: ['sit'] })
  })

  it('that was answered in another partition is not sent again, also if it is one of a thousand', async () => {
    const many = 1_200
    const count: { count: number } = { count: 0 }
    const shop = setup({ types: agentTypes({ context: count, hears: [trick], says: [trick] }) }).createMachine({
      id: 'shop',
      context: count,
      on: {
        'pets.trick': {
          actions: [
            emit(({ event }) => trick.reply(event, { done: 'sold' })),
            assign(({ context }) => ({ count: context.count + 1 })),
          ],
        },
      },
    })
    const asker = setup({
      types: agentTypes({ context: {}, hears: [command], says: [barked] }),
      actors: { all: askMany(trick, { to: Array.from({ length: many }, () => 'runtime/shop') }) },
    }).createMachine({
      id: 'asker',
      initial: 'idle',
      states: {
        idle: { on: { 'pets.command': 'asking' } },
        asking: { tags: 'busy', invoke: { id: 'all', src: 'all', input: { name: 'sell' }, onDone: 'idle' } },
      },
    })
    const options = {
      party: petsParty(defineAgent({ name: 'asker', machine: asker, hears: [command], says: [barked] })),
      agents: [defineAgent({ name: 'shop', machine: shop, hears: [trick], says: [trick] })],
    }
    const record = createRecord()
    const life = record.next()
    const first = await live(life, {
      ...options,
      journal: endingBefore(life, ({ cause, partition }) => partition === 'party/p1' && cause.kind === 'outcome'),
    })
    await first.parties.create({ id: 'p1' })
    void first.bus.publish(command({ word: 'go' }), { party: 'p1' })
    await settle()
    expect(life.isOver).toBe(true)

    const second = await live(record.next(), options)
    await second.idle()
    expect(second.parties.get('p1').agent('asker').snapshot()?.value).toBe('idle')
    expect(second.agent('shop').snapshot()?.context).toEqual({ count: many })
  })
})

describe('an agent that the program spawns again', () => {
  it('answers requests without an address, as before', async () => {
    const record = createRecord()
    const options = { party: petsParty(trainerAgent(undefined)), registered: [dogAgent()] }
    const first = await live(record.next(), options)
    await first.parties.create({ id: 'p1' })
    await first.spawn(dogAgent(), { party: 'p1' })
    const second = await live(record.next(), options)
    const dog = await second.spawn(dogAgent(), { party: 'p1' })
    expect(dog.incarnation).toBe(1)
    const after = second.parties.get('p1')
    await after.addInput('sit')
    await after.idle()
    expect(after.state).toMatchObject({ said: ['sit'] })
  })
})

describe('a machine within the machine of an agent', () => {
  it('goes on waiting for its timer', async () => {
    const record = createRecord()
    const egg = createMachine({
      initial: 'boiling',
      states: { boiling: { after: { 1_000: 'boiled' } }, boiled: { type: 'final' } },
    })
    const machine = setup({
      types: agentTypes({ context: {}, hears: [command], says: [barked] }),
      actors: { egg },
    }).createMachine({
      id: 'cook',
      initial: 'idle',
      states: {
        idle: { on: { 'pets.command': 'cooking' } },
        cooking: {
          invoke: {
            id: 'egg',
            src: 'egg',
            onDone: { target: 'idle', actions: emit(() => barked({ word: 'ready', count: 1 })) },
          },
        },
      },
    })
    const party = petsParty(defineAgent({ name: 'cook', machine, hears: [command], says: [barked] }))
    const first = await live(record.next(), { party })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'egg' }), { party: 'p1' })
    await first.idle()
    const second = await live(record.next(), { party })
    clock.advance(1_000)
    await second.idle()
    expect(second.parties.get('p1').state).toMatchObject({ barks: 1 })
  })
})

describe('a party', () => {
  it('that was being deleted when the process ended is deleted or complete', async () => {
    const record = createRecord()
    const party = petsParty(dogAgent())
    const life = record.next()
    const journal: Journal = {
      ...life,
      delete: () => {
        life.end()
        return new Promise(() => {})
      },
    }
    const first = await live(life, { party, journal })
    await first.parties.create({ id: 'p1' })
    void first.parties.delete('p1')
    await settle()
    expect(life.isOver).toBe(true)

    const second = await live(record.next(), { party })
    expect(second.parties.quarantined()).toEqual([])
    for (const { id } of second.parties.list()) {
      await second.bus.publish(command({ word: 'a' }), { party: id })
      await second.idle()
    }
    expect(second.parties.list().every(({ state }) => state.barks === 1)).toBe(true)
  })

  it('that has the id of a deleted party is heard outside from its first event', async () => {
    const record = createRecord()
    const options = { party: petsParty(dogAgent()), agents: [parrotAgent()] }
    const first = await live(record.next(), options)
    await first.parties.create({ id: 'p1' })
    for (const word of ['a', 'b', 'c']) await first.bus.publish(command({ word }), { party: 'p1' })
    await first.idle()
    await first.parties.delete('p1')
    await first.parties.create({ id: 'p1' })
    const life = record.next()
    const isHeard = ({ entries }: Frame) => entries.some(entry => 'heard' in entry)
    const second = await live(life, { ...options, journal: endingBefore(life, isHeard) })
    void second.bus.publish(command({ word: 'd' }), { party: 'p1' })
    await settle()
    expect(life.isOver).toBe(true)

    const third = await live(record.next(), options)
    await third.idle()
    expect(third.agent('parrot').snapshot()?.context).toEqual({ words: ['a', 'b', 'c', 'd'] })
  })
})
