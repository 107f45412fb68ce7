import { type EnvelopeOf, type Journal, memoryJournal, type Runtime } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const given = { party: petsParty(dogAgent()) }

describe('a durable subscription with a new name, made before the runtime has started', () => {
  it.each([
    ['from now', 'now', 0],
    ['from the start', 'start', 120],
  ] as const)(
    '%s gets no events while parties are restored, and then those that it asked for',
    async (_, from, expected) => {
      const program = createProgram()
      const received: string[] = []
      const first = await program.start(given)
      for (let n = 0; n < 40; n++) {
        const { id: party } = await first.parties.create({ id: `p${n}` })
        for (const word of 'abc') await first.bus.publish(command({ word }), { party })
      }
      await first.idle()
      await first.stop()
      const second = program.create(given)
      const receive = ({ party, data }: EnvelopeOf<typeof barked>) => void received.push(`${party} ${data.word}`)
      second.bus.subscribe(barked, receive, { durable: 'diary', from })
      await second.start()
      expect(received).toEqual([])
      await second.idle()
      await settle()
      expect(received).toHaveLength(expected)
      await second.bus.publish(command({ word: 'new' }), { party: 'p39' })
      await second.idle()
      await settle()
      expect(received.slice(expected)).toEqual(['p39 new'])
    },
  )
})

describe('a durable subscription that ends, and is made again under its name', () => {
  const inP1 = { party: 'p1' }

  it.each(['ends before the start', 'ends during the start'])('%s: a new name gets no past events', async when => {
    const program = createProgram()
    const received: string[] = []
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    for (const word of ['a', 'b']) await first.bus.publish(command({ word }), inP1)
    await first.idle()
    await first.stop()
    const second = program.create(given)
    const subscribe = () => second.bus.subscribe(barked, ({ data }) => received.push(data.word), { durable: 'diary' })
    const subscription = subscribe()
    const starting = when === 'ends before the start' ? undefined : second.start()
    subscription.unsubscribe()
    if (!starting) subscribe()
    await (starting ?? second.start())
    if (starting) subscribe()
    await settle()
    await second.bus.publish(command({ word: 'c' }), inP1)
    await second.idle()
    await settle()
    expect(received).toEqual(['c'])
  })

  it.each([
    ['is new', ['d']],
    ['is known', ['c', 'd']],
  ])('before its place is recalled: it begins at that place, if the name %s', async (how, expected) => {
    const inner = memoryJournal()
    let isSlow = false
    const journal: Journal = {
      ...inner,
      async marks(reader) {
        if (isSlow) await turn()
        return inner.marks(reader)
      },
      close: async () => {},
    }
    const received: string[] = []
    const subscribe = ({ bus }: Pick<Runtime, 'bus'>) =>
      bus.subscribe(barked, ({ data }) => received.push(data.word), { durable: 'diary' })
    const { runtime: first } = await startRuntime({ ...given, journal })
    await first.parties.create({ id: 'p1' })
    if (how === 'is known') subscribe(first)
    for (const word of ['a', 'b']) await first.bus.publish(command({ word }), inP1)
    await first.idle()
    await settle()
    await first.stop()
    received.length = 0
    const { runtime: second } = await startRuntime({ ...given, journal })
    if (how === 'is new') await second.bus.publish(command({ word: 'c' }), inP1)
    await second.idle()
    isSlow = true
    subscribe(second).unsubscribe()
    subscribe(second)
    if (how === 'is known') await second.bus.publish(command({ word: 'c' }), inP1)
    await settle()
    await second.bus.publish(command({ word: 'd' }), inP1)
    await second.idle()
    await settle()
    expect(received).toEqual(expected)
  })
})
