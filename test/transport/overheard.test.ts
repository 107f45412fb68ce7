import { localTransport, type Message } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { barked, command, dogAgent, parrotAgent, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const heardBy = z.object({ words: z.array(z.string()) })

const kinds = [
  { kind: 'at once', open: localTransport },
  { kind: 'through message channels', open: channelTransport },
]

describe.each(kinds)('an agent outside the parties, which get messages $kind', ({ open }) => {
  it('hears each event of each party once, in the order of the party, as a position of its own', async () => {
    const agents = [parrotAgent()]
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents, transport: open() })
    for (const id of ['p1', 'p2']) await runtime.parties.create({ id })
    for (const word of ['a', 'b', 'c'])
      for (const party of ['p1', 'p2']) await runtime.bus.publish(command({ word: `${word}-${party}` }), { party })
    await runtime.idle()
    const { words } = heardBy.parse(runtime.agent('parrot').snapshot()?.context)
    expect(words.filter(word => word.endsWith('p1'))).toEqual(['a-p1', 'b-p1', 'c-p1'])
    expect(words.filter(word => word.endsWith('p2'))).toEqual(['a-p2', 'b-p2', 'c-p2'])
    expect(runtime.bus.history({ type: barked.type })).toHaveLength(6)
  })

  it('gets an event again that it failed on, when its dead letter is delivered again', async () => {
    const { runtime } = await startRuntime({ party: petsParty(), agents: [dogAgent()], transport: open() })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await settle()
    expect(runtime.bus.deadLetters.total).toBe(1)
    const letter = { partition: 'runtime', to: 'runtime/dog', reason: 'failed' }
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ ...letter, attempts: 1 }])
    expect(await runtime.bus.deadLetters.redrive()).toBe(1)
    await runtime.idle()
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ ...letter, attempts: 2 }])
  })
})

it('an event that is on its way when the process ends is heard in the next process, although a snapshot was taken', async () => {
  const party = petsParty(dogAgent())
  const program = createProgram()
  const lose = (_to: string, { type }: Message) => type === 'overheard' || type === 'mark'
  const options = { party, agents: [parrotAgent()], snapshots: { every: 2 } }
  await program.until(
    () => undefined,
    { ...options, transport: channelTransport({ lose }) },
    async runtime => {
      await runtime.parties.create({ id: 'p1' })
      for (const word of ['a', 'b', 'c', 'd']) await runtime.bus.publish(command({ word }), { party: 'p1' })
      await runtime.parties.get('p1').idle()
      await settle()
    },
  )
  const next = await program.start({ ...options, transport: channelTransport() })
  await next.idle()
  expect(next.agent('parrot').snapshot()?.context).toEqual({ words: ['a', 'b', 'c', 'd'] })
})

it('a lost message is heard by nobody, and nothing waits for it', async () => {
  let lost = 0
  const lose = (_to: string, { type }: Message) => type === 'overheard' && ++lost > 0
  const transport = channelTransport({ lose })
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [parrotAgent()], transport })
  const party = await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
  await party.idle()
  await turn()
  expect(lost).toBeGreaterThan(0)
  expect(party.state.barks).toBe(1)
  expect(runtime.agent('parrot').snapshot()?.context).toEqual({ words: [] })
})
