import type { EnvelopeOf, Runtime, SubscribeOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const given = { party: petsParty(dogAgent()) }

type Story = Pick<Runtime, 'bus' | 'idle'>

async function bark(runtime: Story, party: string | undefined, ...words: readonly string[]) {
  for (const word of words) await runtime.bus.publish(command({ word }), party === undefined ? {} : { party })
  await runtime.idle()
  await settle()
}

type Barked = EnvelopeOf<typeof barked>

/** Subscribes durably under a name. */
function diary({ bus }: Pick<Runtime, 'bus'>, receive: (received: Barked) => unknown, options: SubscribeOptions = {}) {
  return bus.subscribe(barked, receive, { durable: 'diary', ...options })
}

const wordIn = ({ data, party = 'outside' }: Barked) => `${party} ${data.word}`

describe('a durable subscription, and a party that is deleted', () => {
  it.each([
    ['another party', 'p1', []],
    ['an agent outside the parties', undefined, [dogAgent()]],
  ])('while it gets an event of %s: it gets that event once', async (_, party, agents) => {
    const program = createProgram()
    const first = await program.start({ ...given, agents })
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    diary(first, () => first.parties.delete('p2'))
    await settle()
    await bark(first, party, 'a')
    await first.stop()
    const received: string[] = []
    const second = await program.start({ ...given, agents })
    diary(second, one => received.push(wordIn(one)))
    await settle()
    expect(received).toEqual([])
  })

  it.each([
    ['unsubscribed', false],
    ['is still there', true],
  ])(
    'while it gets an event of that party, and %s: it gets the events of the next party with that id',
    async (_, stays) => {
      const program = createProgram()
      const received: string[] = []
      const { promise: isRead, resolve: read } = Promise.withResolvers<void>()
      const first = await program.start(given)
      await first.parties.create({ id: 'p1' })
      const subscription = diary(first, async one => {
        if (wordIn(one) === 'p1 old') await isRead
        else if (wordIn(one) === 'p1 new') received.push('new')
      })
      await settle()
      await bark(first, 'p1', 'x', 'y', 'z', 'old')
      if (!stays) subscription.unsubscribe()
      await first.parties.delete('p1')
      read()
      await settle()
      await first.parties.create({ id: 'p1' })
      if (!stays) diary(first, one => received.push(one.data.word))
      await bark(first, 'p1', 'new')
      expect(received).toEqual(['new'])
      expect(await first.bus.durableNames()).toEqual([{ name: 'diary', isSubscribed: true, behind: 0 }])
    },
  )

  it('and created again while it gets an event of that party: it gets the events of the new party, also if its lag is read', async () => {
    const program = createProgram()
    const received: string[] = []
    const { promise: isRead, resolve: read } = Promise.withResolvers<void>()
    const runtime = await program.start(given)
    await runtime.parties.create({ id: 'p1' })
    diary(runtime, async one => {
      if (one.data.word === 'old') await isRead
      received.push(one.data.word)
    })
    await settle()
    await bark(runtime, 'p1', 'x', 'y', 'z', 'old')
    await runtime.parties.delete('p1')
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'new' }), { party: 'p1' })
    await settle()
    await runtime.bus.durableNames()
    read()
    await settle()
    expect(received).toEqual(['x', 'y', 'z', 'old', 'new'])
  })
})
