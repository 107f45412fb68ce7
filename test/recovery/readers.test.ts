import {
  type Agent,
  agentTypes,
  defineAgent,
  type EnvelopeOf,
  type Frame,
  type Runtime,
  type SubscribeOptions,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, lost, nothingLost, type Program } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const given = { party: petsParty(dogAgent()) }

async function bark(runtime: Pick<Runtime, 'bus' | 'idle'>, party: string, ...words: readonly string[]) {
  for (const word of words) await runtime.bus.publish(command({ word }), { party })
  await runtime.idle()
}

describe('the history', () => {
  it('holds the events of all processes, in the order of time', async () => {
    const program = createProgram()
    const first = await program.start(given)
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    for (const [party, word] of [
      ['p2', 'a'],
      ['p1', 'b'],
      ['p2', 'c'],
    ] as const) {
      program.clock.advance(1_000)
      await bark(first, party, word)
    }
    const before = first.bus.history({ type: 'pets.*' })
    const second = await program.start(given)
    expect(second.bus.history({ type: 'pets.*' })).toEqual(before)
    program.clock.advance(1_000)
    await bark(second, 'p1', 'd')
    expect(second.bus.history({ type: barked.type }).map(({ data }) => barked.schema.parse(data).word)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    expect(second.bus.history({ party: 'p2' }).filter(({ type }) => type === barked.type)).toHaveLength(2)
  })

  it('holds an event of a party once, also if agents outside the parties heard it', async () => {
    const program = createProgram()
    const options = { ...given, agents: [fan()] }
    const first = await program.start(options)
    await first.parties.create({ id: 'p1' })
    await bark(first, 'p1', 'a')
    const second = await program.start(options)
    expect(second.bus.history({ type: barked.type })).toHaveLength(1)
  })
})

type Story = Pick<Runtime, 'bus'>

/** The words that were barked in a party, by its journal. */
async function barkedIn({ frames }: Pick<Program, 'frames'>, party: string): Promise<readonly string[]> {
  const entries = (await frames(`party/${party}`)).flatMap(frame => frame.entries)
  return entries.flatMap(one =>
    one.kind === 'event' && one.envelope.type === barked.type ? barked.schema.parse(one.envelope.data).word : [],
  )
}

/** Subscribes durably to barks under a name; returns the words that it got, by party. */
function diary(
  runtime: Story,
  received: string[],
  options: Omit<SubscribeOptions, 'filter'> = {},
  isAlive = () => true,
) {
  const receive = ({ data, party }: EnvelopeOf<typeof barked>) => isAlive() && received.push(`${party} ${data.word}`)
  return runtime.bus.subscribe(barked, receive, { durable: 'diary', ...options })
}

describe('a durable subscription', () => {
  it('gets in the next process the events that it had not got, in order, and no others', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await bark(first, 'p1', 'before')
    diary(first, received)
    await settle()
    await bark(first, 'p1', 'a', 'b')
    await settle()
    const second = await program.start(given)
    await bark(second, 'p1', 'c', 'd')
    diary(second, received)
    await bark(second, 'p1', 'e')
    await settle()
    expect(received).toEqual(['p1 a', 'p1 b', 'p1 c', 'p1 d', 'p1 e'])
    const third = await program.start(given)
    diary(third, received)
    await settle()
    expect(received).toHaveLength(5)
  })

  it('gets all events from the start, if it asks for them', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await bark(first, 'p1', 'a', 'b')
    const second = await program.start(given)
    await bark(second, 'p1', 'c')
    diary(second, received, { from: 'start' })
    await settle()
    expect(received).toEqual(['p1 a', 'p1 b', 'p1 c'])
    const third = await program.start(given)
    diary(third, received, { from: 'start' })
    await settle()
    expect(received).toHaveLength(3)
  })

  it('gets the events of a party that was created while it was away', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    diary(first, received)
    await settle()
    const second = await program.start(given)
    await second.parties.create({ id: 'p1' })
    await bark(second, 'p1', 'a')
    const third = await program.start(given)
    await bark(third, 'p1', 'b')
    diary(third, received)
    await settle()
    expect(received).toEqual(['p1 a', 'p1 b'])
  })

  it('may be made before the next process has started', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    diary(first, received)
    await settle()
    await bark(first, 'p1', 'a')
    await settle()
    const second = await program.start(given)
    await bark(second, 'p1', 'b')
    const third = program.create(given)
    diary(third, received)
    await third.start()
    await bark(third, 'p1', 'c')
    await settle()
    expect(received).toEqual(['p1 a', 'p1 b', 'p1 c'])
  })

  it('gets the missed events of a quarantined party, once that is restored', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    diary(first, received)
    await settle()
    const second = await program.start(given)
    await bark(second, 'p1', 'a')
    const third = await program.start({ party: petsParty(), events: [barked] })
    expect(third.parties.quarantined()).toHaveLength(1)
    diary(third, received)
    await settle()
    expect(received).toEqual([])
    const fourth = await program.start(given)
    diary(fourth, received)
    await settle()
    expect(received).toEqual(['p1 a'])
  })

  it('gets all events of a new party with the id of a deleted one', async () => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    diary(first, received)
    await settle()
    await bark(first, 'p1', 'a', 'b', 'c')
    await settle()
    const second = await program.start(given)
    await second.parties.delete('p1')
    await second.parties.create({ id: 'p1' })
    await bark(second, 'p1', 'new')
    const third = await program.start(given)
    diary(third, received)
    await settle()
    expect(received).toEqual(['p1 a', 'p1 b', 'p1 c', 'p1 new'])
  })

  it('misses no event, wherever the process ends, and gets at most the last event twice', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const received: string[] = []
      const isEnded = await program.until(ending, given, async runtime => {
        const isAlive = program.pulse()
        diary(runtime, received, { from: 'start' }, isAlive)
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'a', 'b', 'c')
        await settle()
      })
      const next = await program.start(given)
      diary(next, received, { from: 'start' })
      await next.idle()
      await settle()
      const words = (await barkedIn(program, 'p1')).map(word => `p1 ${word}`)
      expect(received.filter((one, place) => one !== received[place - 1])).toEqual(words)
      expect(received.length - words.length).toBeLessThanOrEqual(1)
      return isEnded
    })
  })
})

const noted: { words: readonly string[] } = { words: [] }

/** An agent outside the parties that collects what is barked in them. */
function fan(): Agent {
  return defineAgent({
    name: 'fan',
    hears: [barked],
    says: [],
    machine: setup({ types: agentTypes({ context: noted, hears: [barked], says: [] }) }).createMachine({
      id: 'fan',
      context: noted,
      on: {
        'pets.barked': {
          actions: assign(({ context, event }) => ({ words: [...context.words, event.data.word] })),
        },
      },
    }),
  })
}

const wordsOf = (runtime: Pick<Runtime, 'agent'>) =>
  z.object({ words: z.array(z.string()) }).parse(runtime.agent('fan').snapshot()?.context).words

describe('an agent outside the parties', () => {
  const options = { ...given, agents: [fan()] }

  it('hears each event of a party once, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'a', 'b', 'c')
      })
      const next = await program.start(options)
      await next.idle()
      const words = await barkedIn(program, 'p1')
      expect(wordsOf(next)).toEqual(words)
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })

  it('hears the events of several parties', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, options, async runtime => {
        await Promise.all(['p1', 'p2'].map(id => runtime.parties.create({ id })))
        await Promise.all(['p1', 'p2'].map(id => bark(runtime, id, `${id} a`, `${id} b`)))
      })
      const next = await program.start(options)
      await next.idle()
      const heard = wordsOf(next)
      for (const id of ['p1', 'p2']) {
        const words = await barkedIn(program, id)
        expect(heard.filter(word => word.startsWith(id))).toEqual(words)
      }
      return isEnded
    })
  })

  it('hears no event from before its start, not even of the same millisecond', async () => {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await bark(first, 'p1', 'a')
    await first.spawn(fan())
    await bark(first, 'p1', 'b')
    const second = await program.start({ ...given, registered: [fan()] })
    await second.idle()
    expect(wordsOf(second)).toEqual(['b'])
    const third = await program.start({ ...given, registered: [fan()] })
    await third.idle()
    expect(wordsOf(third)).toEqual(['b'])
  })

  it('hears all events of a new party with the id of a deleted one', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const before = await program.start(options)
      await before.parties.create({ id: 'p1' })
      await bark(before, 'p1', 'a', 'b', 'c', 'd')
      await before.parties.delete('p1')
      const isEnded = await program.until(ending, options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'new')
      })
      const next = await program.start(options)
      await next.idle()
      const words = await barkedIn(program, 'p1')
      expect(wordsOf(next)).toEqual(['a', 'b', 'c', 'd', ...words])
      return isEnded
    })
  })
  it('hears all events of such a party, though it did not run when the old one was deleted', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const spawning = { ...given, registered: [fan()] }
      const before = await program.start(spawning)
      const gone = await before.spawn(fan())
      await before.parties.create({ id: 'p1' })
      await bark(before, 'p1', 'a', 'b', 'c', 'd')
      await gone.stop()
      await before.parties.delete('p1')
      await before.spawn(fan())
      const isEnded = await program.until(ending, spawning, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'new')
      })
      const next = await program.start(spawning)
      await next.idle()
      expect(wordsOf(next)).toEqual(await barkedIn(program, 'p1'))
      return isEnded
    })
  })

  it('hears all events of such a party, though the process ended during the deletion of the old one', async () => {
    for (const last of ['written', 'lost'] as const) {
      const program = createProgram()
      await program.until(atFrame(isForgotten, last), options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'a', 'b', 'c', 'd')
        await runtime.parties.delete('p1')
      })
      await program.until(atFrame(isHeard, 'lost'), options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await bark(runtime, 'p1', 'new')
      })
      const next = await program.start(options)
      await next.idle()
      expect(wordsOf(next)).toEqual(['a', 'b', 'c', 'd', 'new'])
    }
  })

  it('has no position of a party left when its deletion resolves, in another process too', async () => {
    const program = createProgram()
    let isDeleted = false
    await program.until(atFrame(isForgotten, 'lost'), options, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await bark(runtime, 'p1', 'a')
      await runtime.parties.delete('p1')
      isDeleted = true
    })
    await settle()
    expect(isDeleted).toBe(false)
  })
})

const isForgotten = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'forgotten')
const isHeard = ({ entries }: Frame) => entries.some(entry => 'heard' in entry)
