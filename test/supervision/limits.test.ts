import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

describe('a limit on agents', () => {
  it('refuses one more agent in a party, and leaves no trace of it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), limits: { partyAgents: 1 } })
    await runtime.parties.create({ id: 'p1' })
    const spawn = () => runtime.spawn(trainerAgent('dog'), { party: 'p1' })
    await expect(spawn()).rejects.toMatchObject({ code: 'AGENT_LIMIT', where: 'party/p1', limit: 1 })
    await runtime.parties.get('p1').agent('dog').stop()
    await spawn()
  })

  it('refuses a party that would have too many agents, and leaves room for other parties', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')), limits: { agents: 3 } })
    await runtime.parties.create({ id: 'p1' })
    await expect(runtime.parties.create({ id: 'p2' })).rejects.toMatchObject({ code: 'AGENT_LIMIT', limit: 3 })
    expect(runtime.parties.list()).toHaveLength(1)
    await runtime.spawn(dogAgent())
    await runtime.parties.delete('p1')
    await runtime.parties.create({ id: 'p2' })
  })

  it('counts an agent once, however often it restarts', async () => {
    const { runtime } = await startRuntime({ limits: { agents: 2 } })
    const dog = await runtime.spawn(dogAgent())
    for (let crash = 0; crash < 3; crash++) await dog.send(command({ word: 'boom' }))
    await runtime.idle()
    expect(dog.incarnation).toBe(4)
    await runtime.spawn(dogAgent(), { name: 'twin' })
  })

  it('bounds how many stopped agents are remembered: mail to a forgotten agent has no address', async () => {
    const { runtime } = await startRuntime()
    const dog = dogAgent()
    const dogs = await Promise.all(
      Array.from({ length: 10_001 }, (_, number) => runtime.spawn(dog, { name: `dog-${number}` })),
    )
    for (const one of dogs) await one.stop()
    const asking = (number: number) => runtime.ask(`runtime/dog-${number}`, trick, { name: 'roll' })
    await expect(asking(0)).rejects.toMatchObject({ code: 'NO_ADDRESS' })
    await expect(asking(1)).rejects.toMatchObject({ code: 'ASK_STOPPED' })
  })
})
