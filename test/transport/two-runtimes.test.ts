import { localTransport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { owners } from '../support/owners.ts'
import { command, dogAgent, parrotAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle } from '../support/runtime.ts'

const kinds = [
  { kind: 'at once', open: localTransport },
  { kind: 'through message channels', open: channelTransport },
]
const heardBy = z.object({ words: z.array(z.string()) })

describe.each(kinds)('two runtimes whose partitions send messages $kind', ({ open }) => {
  /** The first runtime owns the agents outside the parties, and the second the party `p1`. */
  async function both() {
    const { start, journal, clock } = owners()
    const options = {
      party: petsParty(trainerAgent('runtime/dog'), dogAgent()),
      agents: [dogAgent(), parrotAgent()],
      journal,
      transport: open(),
    }
    const first = await start('first', options)
    await first.parties.create({ id: 'p2' })
    const second = await start('second', options, { takes: address => address === 'party/p1' })
    const p1 = await second.parties.create({ id: 'p1' })
    return { first, second, p1, clock }
  }

  it('ask agents outside the parties where these are', async () => {
    const { p1 } = await both()
    await p1.addInput('roll')
    await settle()
    expect(p1.state.said).toEqual(['roll'])
  })

  it('let agents outside the parties hear the parties of both', async () => {
    const { first, second } = await both()
    await first.bus.publish(command({ word: 'a' }), { party: 'p2' })
    await second.bus.publish(command({ word: 'b' }), { party: 'p1' })
    await settle()
    const { words } = heardBy.parse(first.agent('parrot').snapshot()?.context)
    // The dog outside the parties hears the commands, too.
    expect(words.toSorted()).toEqual(['a', 'a', 'b', 'b'])
  })

  it('answer callers outside the agents of both', async () => {
    const { first, second } = await both()
    expect(await first.ask('party/p1/dog', trick, { name: 'roll' })).toEqual({ done: 'roll' })
    expect(await second.ask('party/p2/dog', trick, { name: 'sit' })).toEqual({ done: 'sit' })
    expect(await second.ask('runtime/dog', trick, { name: 'beg' })).toEqual({ done: 'beg' })
  })

  it('find agents outside the parties where they have moved', async () => {
    const { first, second, p1 } = await both()
    const p2 = first.parties.get('p2')
    await first.ownership.release('runtime')
    await second.ownership.claim('runtime')
    await p1.addInput('roll')
    await p2.addInput('sit')
    await settle()
    expect([p1.state.said, p2.state.said]).toEqual([['roll'], ['sit']])
  })

  it('let a function answer the agents of its own runtime', async () => {
    const { start, journal } = owners()
    const options = { party: petsParty(trainerAgent(undefined)), events: [trick], journal, transport: open() }
    const first = await start('first', options, { takes: address => address !== 'party/p1' })
    const second = await start('second', options, { takes: address => address === 'party/p1' })
    first.handle(trick, () => ({ done: 'by the first' }))
    second.handle(trick, () => ({ done: 'by the second' }))
    const p1 = await second.parties.create({ id: 'p1', inputs: ['roll'] })
    const p2 = await first.parties.create({ id: 'p2', inputs: ['roll'] })
    await settle()
    expect([p1.state.said, p2.state.said]).toEqual([['by the second'], ['by the first']])
  })

  it('give an answer once, although its asker has moved to a third runtime meanwhile', async () => {
    const { start, journal, clock } = owners()
    const options = { party: petsParty(trainerAgent('party/p2/dog', 20_000), dogAgent()), journal, transport: open() }
    const first = await start('first', options, { takes: address => address !== 'party/p1' })
    const p2 = await first.parties.create({ id: 'p2' })
    const second = await start('second', options, { takes: () => false })
    const p1 = await second.parties.create({ id: 'p1' })
    await p1.addInput('later')
    await settle()
    expect(p2.agent('dog').snapshot()?.value).toBe('remembering')
    await second.ownership.release('party/p1')
    clock.advance(5_000)
    await settle()
    expect(p2.agent('dog').snapshot()?.value).toBe('awake')
    const third = await start('third', options, { takes: address => address === 'party/p1' })
    await settle()
    expect(third.parties.get('p1').state.said).toEqual(['late'])
    expect(p2.agent('dog').snapshot()?.value).toBe('awake')
  })

  it('fail an ask with the reason when the partition of its callee leaves the runtime', async () => {
    const { first, p1 } = await both()
    await p1.addInput('later')
    await settle()
    expect(first.agent('dog').snapshot()?.value).toBe('remembering')
    await first.ownership.release('runtime')
    await settle()
    expect(p1.state.said).toEqual(['OWNERSHIP_LOST'])
  })

  it('fail an ask when the function of its own runtime that was to answer it stops', async () => {
    const { start, journal } = owners()
    const options = { party: petsParty(trainerAgent(undefined)), events: [trick], journal, transport: open() }
    await start('first', options, { takes: address => address !== 'party/p1' })
    const second = await start('second', options, { takes: address => address === 'party/p1' })
    const handler = second.handle(trick, () => new Promise<never>(() => {}))
    const p1 = await second.parties.create({ id: 'p1', inputs: ['roll'] })
    await settle()
    handler.stop()
    await settle()
    expect(p1.state.said).toEqual(['ASK_STOPPED'])
  })

  it('answer a caller outside the agents, although the agents outside the parties move to its runtime meanwhile', async () => {
    const { first, second, clock } = await both()
    const asked = second.ask('party/p2/dog', trick, { name: 'later' })
    await settle()
    expect(first.parties.get('p2').agent('dog').snapshot()?.value).toBe('remembering')
    await first.ownership.release('runtime')
    await second.ownership.claim('runtime')
    clock.advance(5_000)
    expect(await asked).toEqual({ done: 'late' })
  })
})
