import { PublishCancelledError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, glance, petsParty } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const signal = AbortSignal.abort(new Error('changed my mind'))
const cancelled = { code: 'PUBLISH_CANCELLED', type: 'pets.command', cause: { message: 'changed my mind' } }

describe('a publisher whose signal is aborted', () => {
  it('publishes nothing, and gets a typed error', async () => {
    const { runtime } = await startRuntime({ agents: [dogAgent()] })
    const publishing = runtime.bus.publish(command({ word: 'sit' }), { signal })
    await expect(publishing).rejects.toBeInstanceOf(PublishCancelledError)
    await expect(publishing).rejects.toMatchObject(cancelled)
    await runtime.idle()
    expect(runtime.bus.history({ type: command.type })).toEqual([])
    expect(runtime.bus.metrics()).toMatchObject({ offered: 1, accepted: 0, rejected: 1, created: 0 })
  })

  it('publishes nothing in a party', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    await runtime.parties.create({ id: 'p1' })
    const publishing = runtime.bus.publish(command({ word: 'sit' }), { party: 'p1', signal })
    await expect(publishing).rejects.toMatchObject(cancelled)
    expect(runtime.bus.history({ type: command.type })).toEqual([])
  })

  it('sends nothing to an agent', async () => {
    const { runtime } = await startRuntime({ agents: [dogAgent()] })
    const sending = runtime.agent('dog').send(command({ word: 'sit' }), { signal })
    await expect(sending).rejects.toMatchObject(cancelled)
    await runtime.idle()
    expect(runtime.bus.metrics()).toMatchObject({ created: 0 })
  })

  it('publishes nothing if it waits, as a subscriber, for a turn of the event loop', async () => {
    const { runtime } = await startRuntime({ events: [command, glance] })
    const controller = new AbortController()
    const codes: string[] = []
    runtime.bus.subscribe(glance, async () => {
      const saying = Array.from({ length: 300 }, (_, n) =>
        runtime.bus.publish(command({ word: `${n}` }), { signal: controller.signal }).then(
          () => codes.push('said'),
          ({ code }) => codes.push(code),
        ),
      )
      controller.abort(new Error('changed my mind'))
      await Promise.all(saying)
    })
    await runtime.bus.publish(glance({ at: 'x' }))
    await settle()
    expect(codes).toHaveLength(300)
    expect(new Set(codes)).toEqual(new Set(['said', 'PUBLISH_CANCELLED']))
    expect(runtime.bus.history({ type: command.type })).toHaveLength(codes.filter(code => code === 'said').length)
  })
})
