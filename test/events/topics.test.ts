import { defineEvent, UnknownTopicError } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { command, dogAgent, petsParty, trick } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })

describe('a topic that nobody declares', () => {
  it('is refused where it is written, with what was probably meant', async () => {
    const { runtime } = await start()
    expect(() => runtime.bus.subscribe('pets.comand', () => {})).toThrow(UnknownTopicError)
    expect(() => runtime.bus.subscribe('pets.comand', () => {})).toThrow(/Did you mean "pets.command"\?/)
  })

  it.each([
    ['one of several', [command, 'pets.nothing']],
    ['a pattern', 'pests.*'],
    ['a type that only looks like a pattern', 'pets.command.*'],
  ])('is refused also as %s', async (_, topic) => {
    const { runtime } = await start()
    expect(() => runtime.bus.subscribe(topic, () => {})).toThrow(expect.objectContaining({ code: 'TOPIC_UNKNOWN' }))
    expect(() => runtime.bus.events(topic)).toThrow(UnknownTopicError)
    expect(() => runtime.bus.subscribe(topic, () => {}, { durable: 'ledger' })).toThrow(UnknownTopicError)
  })

  it('is none where createRuntime lists its event', async () => {
    const later = defineEvent('later.said', z.object({}))
    const { runtime } = await startRuntime({ events: [later] })
    expect(runtime.bus.subscribe(['later.said', 'later.*'], () => {}).info.types).toEqual(['later.said', 'later.*'])
  })

  it.each([
    ['everything', '*'],
    ['a definition', defineEvent('later.said', z.object({}))],
    ['a request', trick.type],
    ['a reply', `${trick.type}.reply`],
    ['what the runtime says', 'system.party.*'],
  ])('is not %s', async (_, topic) => {
    const { runtime } = await start()
    expect(runtime.bus.subscribe(topic, () => {}).info.types).toHaveLength(1)
  })
})
