import { defineEvent, type SystemError, UnknownTopicError } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { command, dogAgent, petsParty, trick } from '../support/pets.ts'
import { startRuntime, turn } from '../support/runtime.ts'

async function start({ strict = false } = {}) {
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()), strict })
  const told: SystemError[] = []
  runtime.bus.errors(({ data }) => void told.push(data))
  return { runtime, told }
}

describe('a topic that nobody declares', () => {
  it('is a warning, once, with what was probably meant', async () => {
    const { runtime, told } = await start()
    for (let times = 0; times < 2; times++) runtime.bus.subscribe('pets.comand', () => {})
    await turn()
    expect(told).toMatchObject([{ severity: 'warning', code: 'TOPIC_UNKNOWN' }])
    expect(told[0]?.message).toContain('Did you mean "pets.command"?')
  })

  it('is a warning of the first 100 topics alone', async () => {
    const { runtime, told } = await start()
    for (let place = 0; place < 200; place++) runtime.bus.subscribe(`later.t${place}`, () => {})
    await turn()
    expect(told).toHaveLength(100)
  })

  it('is told of once an agent that declares it is spawned', async () => {
    const { runtime } = await startRuntime()
    const words: unknown[] = []
    runtime.bus.subscribe('pets.command', ({ data }) => void words.push(data))
    await runtime.spawn(dogAgent())
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(words).toEqual([{ word: 'sit' }])
  })

  it.each([
    ['a type', 'pets.comand'],
    ['one of several', [command, 'pets.nothing']],
    ['a pattern', 'pests.*'],
    ['a type that only looks like a pattern', 'pets.command.*'],
  ])('is refused where the runtime is strict: %s', async (_, topic) => {
    const { runtime } = await start({ strict: true })
    expect(() => runtime.bus.subscribe(topic, () => {})).toThrow(UnknownTopicError)
    expect(() => runtime.bus.events(topic)).toThrow(UnknownTopicError)
    expect(() => runtime.bus.subscribe(topic, () => {}, { durable: 'ledger' })).toThrow(UnknownTopicError)
  })

  it('is none where createRuntime lists its event', async () => {
    const later = defineEvent('later.said', z.object({}))
    const { runtime } = await startRuntime({ events: [later], strict: true })
    expect(runtime.bus.subscribe(['later.said', 'later.*'], () => {}).info.types).toEqual(['later.said', 'later.*'])
  })

  it.each([
    ['everything', '*'],
    ['a definition', defineEvent('later.said', z.object({}))],
    ['a request', trick.type],
    ['a reply', `${trick.type}.reply`],
    ['what the runtime says', 'system.party.*'],
  ])('is not %s', async (_, topic) => {
    const { runtime } = await start({ strict: true })
    expect(runtime.bus.subscribe(topic, () => {}).info.types).toHaveLength(1)
  })
})
