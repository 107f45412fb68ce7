import { PublishCancelledError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty } from '../../support/pets.ts'
import { startRuntime } from '../../support/runtime.ts'

const signal = AbortSignal.abort(new Error('changed my mind'))
const cancelled = { code: 'PUBLISH_CANCELLED', type: 'pets.command', cause: { message: 'changed my mind' } }

describe('a publisher whose signal is aborted', () => {
  it('publishes nothing, and is told so by a typed error', async () => {
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
})
