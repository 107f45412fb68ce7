import { localTransport, type Message, memoryJournal, type Transport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { barked, command, dogAgent, parrotAgent, petsParty, trainerAgent } from '../support/pets.ts'
import { passUntil, settle, startRuntime } from '../support/runtime.ts'

const heardBy = z.object({ words: z.array(z.string()) })

/** A transport that holds messages back, until they are released. */
function gated() {
  const inner = localTransport()
  let held: (() => void)[] | undefined = []
  const send: Transport['send'] = (to, message, undelivered) => {
    const go = () => inner.send(to, message, undelivered)
    if (held) held.push(go)
    else go()
  }
  const release = () => {
    const all = held ?? []
    held = undefined
    for (const go of all) go()
  }
  const hold = () => {
    held ??= []
  }
  return { transport: { ...inner, send }, hold, release, held: () => held?.length ?? 0 }
}

/** What has become of a promise so far. */
function settledIn(promise: Promise<unknown>) {
  let isSettled = false
  void promise.then(() => {
    isSettled = true
  })
  return () => isSettled
}

describe('rest, over a transport', () => {
  it('of the runtime comes when agents outside the parties have heard all that was said', async () => {
    const agents = [parrotAgent()]
    const { runtime } = await startRuntime({
      journal: memoryJournal(),
      party: petsParty(dogAgent()),
      agents,
      transport: channelTransport(),
    })
    await runtime.parties.create({ id: 'p1' })
    for (const word of ['a', 'b', 'c']) await runtime.bus.publish(command({ word }), { party: 'p1' })
    await runtime.idle()
    expect(heardBy.parse(runtime.agent('parrot').snapshot()?.context).words).toEqual(['a', 'b', 'c'])
  })

  it('of a party comes when it has got what was sent to it', async () => {
    const { transport, release, held } = gated()
    const party = petsParty(trainerAgent('party/p2/dog'), dogAgent())
    const { runtime } = await startRuntime({ journal: memoryJournal(), party, transport })
    await runtime.parties.create({ id: 'p1' })
    const p2 = await runtime.parties.create({ id: 'p2' })
    await p2.idle()
    await runtime.parties.get('p1').addInput('silence')
    await settle()
    expect(held()).toBeGreaterThan(0)
    const isAtRest = settledIn(p2.idle())
    await settle()
    expect(isAtRest()).toBe(false)
    release()
    await settle()
    expect(isAtRest()).toBe(true)
    expect(p2.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
  })

  it('does not wait for ever when messages are lost', async () => {
    const lose = (_to: string, { type }: Message) => type === 'overheard' || type === 'mark'
    const transport = channelTransport({ lose })
    const { runtime, clock } = await startRuntime({
      journal: memoryJournal(),
      party: petsParty(dogAgent()),
      agents: [parrotAgent()],
      transport,
    })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    const idle = runtime.idle()
    const isAtRest = settledIn(idle)
    await settle()
    expect(isAtRest()).toBe(false)
    await passUntil(clock, idle)
  })

  it('includes messages when the runtime stops in order', async () => {
    const agents = [parrotAgent()]
    const { runtime } = await startRuntime({
      journal: memoryJournal(),
      party: petsParty(dogAgent()),
      agents,
      transport: channelTransport(),
    })
    await runtime.parties.create({ id: 'p1' })
    const words: string[] = []
    runtime.agent('parrot').watch(({ context }) => words.splice(0, words.length, ...heardBy.parse(context).words))
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.stop()
    expect(words).toEqual(['a'])
  })

  it('waits for messages although snapshots wait for them too', async () => {
    const { transport, hold, release, held } = gated()
    release()
    const options = { party: petsParty(), agents: [parrotAgent()], snapshots: { every: 1 } }
    const { runtime } = await startRuntime({ journal: memoryJournal(), ...options, transport })
    await runtime.parties.create({ id: 'p1' })
    await runtime.idle()
    await settle()
    hold()
    await runtime.bus.publish(barked({ word: 'a', count: 1 }), { party: 'p1' })
    await settle()
    expect(held()).toBeGreaterThan(1)
    const isAtRest = settledIn(runtime.idle())
    await settle()
    expect(isAtRest()).toBe(false)
    release()
    await settle()
    expect(isAtRest()).toBe(true)
    expect(heardBy.parse(runtime.agent('parrot').snapshot()?.context).words).toEqual(['a'])
  })
})
