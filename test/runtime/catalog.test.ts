import { agentTypes, defineAgent, defineEvent, defineRequest } from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const ringing = defineEvent('house.door.rings', z.object({ who: z.string() }), {
  version: 2,
  priority: 3,
  ttl: 5_000,
  tags: ['door'],
  description: 'Somebody rings.',
})
const open = defineRequest('house.open', {
  input: z.object({ who: z.string() }),
  output: z.object({ open: z.boolean() }),
  safe: true,
})
const hears = [ringing, open]
const says = [ringing, open]
const context: { count: number } = { count: 0 }
const machine = setup({ types: agentTypes({ context, hears, says }) }).createMachine({ id: 'butler', context })
const butlerAgent = () => defineAgent({ name: 'butler', machine, hears, says })

describe('the catalogue of a runtime', () => {
  it('describes each event, and names the agents that say and hear it', async () => {
    const { runtime } = await startRuntime({ agents: [butlerAgent()] })
    expect(runtime.catalog.events.find(({ type }) => type === ringing.type)).toEqual({
      type: 'house.door.rings',
      version: 2,
      description: 'Somebody rings.',
      topics: ['house.door.*', 'house.*'],
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'urn:troupe:event:house.door.rings:2',
        title: 'house.door.rings',
        description: 'Somebody rings.',
        type: 'object',
        properties: { who: { type: 'string' } },
        required: ['who'],
        additionalProperties: false,
      },
      persist: true,
      priority: 3,
      ttl: 5_000,
      tags: ['door'],
      saidBy: ['butler'],
      heardBy: ['butler'],
      byRuntime: false,
      changesState: false,
    })
  })

  it('describes each request, and names who asks and who answers it', async () => {
    const { runtime } = await startRuntime({
      party: petsParty(dogAgent(), trainerAgent('dog')),
      agents: [butlerAgent()],
    })
    const handler = runtime.handle(open, () => ({ open: true }), { name: 'doorman' })
    const { requests } = runtime.catalog
    expect(requests.find(({ type }) => type === trick.type)).toMatchObject({
      answeredBy: ['dog'],
      askedBy: ['trainer'],
      handledAt: [],
      safe: false,
    })
    expect(requests.find(({ type }) => type === open.type)).toMatchObject({
      topics: ['house.*'],
      input: { title: 'house.open', properties: { who: { type: 'string' } } },
      output: { title: 'house.open.reply', properties: { open: { type: 'boolean' } } },
      refusal: { title: 'house.open.refusal' },
      safe: true,
      persist: true,
      askedBy: [],
      answeredBy: ['butler'],
      handledAt: [handler.address],
    })
  })

  it('says which events change the state of a party, and which the runtime publishes', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const { events } = runtime.catalog
    const typesWhere = (key: 'byRuntime' | 'changesState') => events.filter(one => one[key]).map(({ type }) => type)
    expect(typesWhere('byRuntime')).toContain('system.started')
    expect(typesWhere('byRuntime')).not.toContain(command.type)
    expect(typesWhere('changesState')).toEqual(expect.arrayContaining(['pets.input.added', 'pets.input.removed']))
    expect(typesWhere('changesState')).not.toContain(command.type)
  })

  it('has the agents that were spawned since the start', async () => {
    const { runtime } = await startRuntime()
    expect(runtime.catalog.events.map(({ type }) => type)).not.toContain(ringing.type)
    await runtime.spawn(butlerAgent())
    expect(runtime.catalog.events.find(({ type }) => type === ringing.type)).toMatchObject({ heardBy: ['butler'] })
  })

  it('is plain data that JSON can carry', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const { catalog } = runtime
    expect(JSON.parse(JSON.stringify(catalog))).toEqual(catalog)
  })
})
