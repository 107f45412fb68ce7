import { definePool, type Frame, localTransport, type Transport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { owners } from '../support/owners.ts'
import { command, dogAgent, petsParty, trainerAgent, trick, urgent } from '../support/pets.ts'
import { atFrame, createProgram, type Ending, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const never: Ending = () => undefined
const rest = command({ word: 'rest' })
const up = urgent({ word: 'up' })
const events = [trick, command, urgent]
const kinds = [
  { kind: 'at once', open: localTransport },
  { kind: 'through message channels', open: channelTransport },
]

/** A trainer wants to ask, and the process ends before anybody has got the request. */
async function wanted(to: string, transport?: Transport) {
  const party = petsParty(trainerAgent(to, 10_000))
  const isWanted = ({ entries }: Frame) => entries.some(entry => entry.kind === 'ask')
  const program = createProgram()
  const options = { party, ...(transport && { transport }) }
  const isEnded = await program.until(atFrame(isWanted, 'written'), options, async runtime => {
    await runtime.spawn(dogAgent())
    await runtime.spawn(definePool({ name: 'dogs', agent: dogAgent(), size: 1 }))
    await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
    await settle()
  })
  expect(isEnded).toBe(true)
  return { program, party }
}

it.each([{ kind: 'by reference', open: () => undefined }, ...kinds])(
  'a restored ask of a pool that is spawned later goes to one of its members: $kind',
  async ({ open }) => {
    const { program, party } = await wanted('runtime/dogs', open())
    const transport = open()
    const next = await program.start({ party, events, ...(transport && { transport }) })
    await settle()
    await next.spawn(definePool({ name: 'dogs', agent: dogAgent(), size: 2 }))
    await settle()
    expect(next.parties.get('p1').state.said).toEqual(['roll'])
  },
)

describe.each(kinds)('a restored ask between partitions that send messages $kind', ({ open }) => {
  it('waits for a callee that nothing is known of', async () => {
    const { program, party } = await wanted('runtime/dog', open())
    const next = await program.start({ party, events, transport: open() })
    await settle()
    expect(next.parties.get('p1').state.said).toEqual([])
    await next.spawn(dogAgent())
    await settle()
    expect(next.parties.get('p1').state.said).toEqual(['roll'])
    expect(next.bus.metrics().pendingAsks).toBe(0)
  })

  it('ends at its deadline if no callee comes', async () => {
    const party = petsParty(trainerAgent('runtime/dog', 10_000))
    const program = createProgram()
    await program.until(never, { party, transport: open() }, async runtime => {
      await runtime.spawn(dogAgent())
      await runtime.bus.publish(rest)
      await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
      await settle()
    })
    const next = await program.start({ party, events, transport: open() })
    await settle()
    program.clock.advance(9_999)
    await settle()
    expect(next.parties.get('p1').state.said).toEqual([])
    program.clock.advance(1)
    await settle()
    expect(next.parties.get('p1').state.said).toEqual(['ASK_TIMEOUT'])
    expect(next.bus.metrics().pendingAsks).toBe(0)
  })

  it('goes to a function that the next process has instead of its callee', async () => {
    const party = petsParty(trainerAgent(undefined, 10_000))
    const program = createProgram()
    await program.until(never, { party, transport: open() }, async runtime => {
      await runtime.spawn(dogAgent())
      await runtime.bus.publish(rest)
      await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
      await settle()
    })
    const next = await program.start({ party, events, transport: open() })
    await settle()
    next.handle(trick, ({ name }) => ({ done: `${name} by hand` }))
    await settle()
    expect(next.parties.get('p1').state.said).toEqual(['roll by hand'])
  })

  it('is answered by the member of a pool that is spawned later', async () => {
    const dogs = definePool({ name: 'dogs', agent: dogAgent(), size: 1 })
    const party = petsParty(trainerAgent('runtime/dogs', 10_000))
    const program = createProgram()
    await program.until(never, { party, transport: open() }, async runtime => {
      const pool = await runtime.spawn(dogs)
      await pool.send(rest)
      await runtime.parties.create({ id: 'p1', inputs: ['roll'] })
      await settle()
    })
    const next = await program.start({ party, events, transport: open() })
    await settle()
    const pool = await next.spawn(dogs)
    await pool.send(up)
    await next.idle()
    expect(next.parties.get('p1').state.said).toEqual(['roll'])
    expect(next.bus.deadLetters.list()).toEqual([])
    expect(lost(next)).toEqual(nothingLost)
  })
})

it('a restored ask waits for a callee of a partition that another runtime begins later', async () => {
  const transport = localTransport()
  const party = petsParty(trainerAgent('party/p2/dog', 20_000), dogAgent())
  const { start, journal, clock } = owners()
  const one = await start('one', { party, journal, transport })
  await one.parties.create({ id: 'p1' })
  await one.parties.create({ id: 'p2' })
  await one.bus.publish(rest, { party: 'p2' })
  await one.parties.get('p1').addInput('roll')
  await settle()
  await one.ownership.release('party/p1')
  await one.ownership.release('party/p2')
  const two = await start('two', { party, journal, transport }, { takes: address => address === 'party/p1' })
  await settle()
  expect(two.parties.get('p1').state.said).toEqual([])
  await one.ownership.claim('party/p2')
  await one.bus.publish(up, { party: 'p2' })
  clock.advance(1_000)
  await settle()
  expect(two.parties.get('p1').state.said).toEqual(['roll'])
})
