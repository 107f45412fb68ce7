import type { Subscription } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, urgent } from '../../support/pets.ts'
import { settle, startRuntime, turn } from '../../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
const played = async () => {
  const { runtime, clock } = await start()
  for (const word of ['a', 'b', 'c']) {
    await runtime.bus.publish(command({ word }))
    clock.advance(3_600_000)
  }
  return { runtime, clock }
}
const outcomeOf = (work: Promise<unknown>) => {
  const outcome = { is: 'pending' }
  work.then(
    () => (outcome.is = 'done'),
    error => (outcome.is = String(error.message)),
  )
  return outcome
}

describe('a replay, at its edges', () => {
  it('ends at once when its signal is aborted in its handler', async () => {
    const { runtime } = await played()
    const controller = new AbortController()
    const outcome = outcomeOf(
      runtime.bus.replay({ type: command }, () => controller.abort(new Error('enough')), {
        speed: 1,
        signal: controller.signal,
      }),
    )
    await settle()
    expect(outcome.is).toBe('enough')
  })

  it('ends with its signal while it waits for a paused subscription', async () => {
    const { runtime } = await played()
    const controller = new AbortController()
    const sub = runtime.bus.subscribe(command, () => {})
    sub.pause()
    const outcome = outcomeOf(runtime.bus.replay({ type: command }, sub, { signal: controller.signal }))
    await settle()
    controller.abort(new Error('enough'))
    await settle()
    expect(outcome.is).toBe('enough')
  })

  it('ends when the runtime stops', async () => {
    const { runtime, clock } = await played()
    const outcome = outcomeOf(runtime.bus.replay({ type: command }, () => {}, { speed: 1 }))
    await settle()
    await runtime.stop({ timeout: 0 })
    clock.advance(10 * 3_600_000)
    await settle()
    expect(outcome.is).not.toBe('pending')
  })

  it('does not let its handler delete a party', async () => {
    const { runtime } = await played()
    await runtime.parties.create({ id: 'p1' })
    const { muted } = await runtime.bus.replay({ type: command }, async () => {
      await runtime.parties.delete('p1').catch(() => {})
    })
    expect(runtime.parties.list()).toHaveLength(1)
    expect(muted).toBe(3)
  })

  it('does not let its handler stop an agent or purge dead letters', async () => {
    const { runtime } = await played()
    const party = await runtime.parties.create({ id: 'p1' })
    const dog = party.agent('dog')
    await runtime.bus.replay({ type: command }, async () => {
      await dog.stop().catch(() => {})
    })
    expect(dog.snapshot()?.status).toBe('active')
  })

  it('mutes calls that its handler does not await', async () => {
    const { runtime } = await played()
    const before = runtime.bus.metrics().accepted
    await runtime.bus.replay({ type: command }, () => {
      void (async () => {
        await turn()
        await runtime.bus.publish(urgent({ word: 'live' }))
      })().catch(() => {})
    })
    await settle()
    expect(runtime.bus.metrics().accepted).toBe(before)
  })

  it('mutes a handler also after its timeout', async () => {
    const { runtime, clock } = await start()
    await runtime.bus.publish(command({ word: 'a' }))
    let go = () => {}
    const held = new Promise<void>(resolve => {
      go = resolve
    })
    const before = runtime.bus.metrics().accepted
    const done = runtime.bus.replay({ type: command }, async () => {
      await held
      await runtime.bus.publish(urgent({ word: 'live' })).catch(() => {})
    })
    await settle()
    clock.advance(60_000)
    await done
    go()
    await settle()
    expect(runtime.bus.metrics().accepted).toBe(before)
  })

  it('does not mute a live subscription that its handler resumes', async () => {
    const { runtime } = await played()
    const said: string[] = []
    const live = runtime.bus.subscribe(
      command,
      ({ data }) => void runtime.bus.publish(urgent({ word: data.word })).catch(() => {}),
    )
    runtime.bus.subscribe(urgent, ({ data }) => void said.push(data.word))
    live.pause()
    await runtime.bus.publish(command({ word: 'now' }))
    const { muted } = await runtime.bus.replay({ type: command, to: 0 + Date.UTC(2026, 0, 1) }, () => live.resume())
    await settle()
    expect([said, muted]).toEqual([['now'], 0])
  })

  it('into a subscription from inside that subscription does not wait for itself', async () => {
    const { runtime } = await start()
    let outcome = { is: 'none' }
    const words: string[] = []
    const sub: Subscription = runtime.bus.subscribe(command, async ({ data }) => {
      words.push(data.word)
      if (words.length > 1) return
      const replaying = runtime.bus.replay({ type: command }, sub)
      outcome = outcomeOf(replaying)
      await replaying.catch(() => {})
    })
    await runtime.bus.publish(command({ word: 'a' }))
    await settle()
    expect(outcome.is).not.toBe('pending')
  })

  it('does not count a subscription that has ended as a failed one', async () => {
    const { runtime } = await played()
    const codes: string[] = []
    runtime.bus.errors(({ data }) => void codes.push(data.code))
    const sub: Subscription = runtime.bus.subscribe(command, () => sub.unsubscribe())
    const { failed } = await runtime.bus.replay({ type: command }, sub)
    await settle()
    expect(failed).toBe(codes.length)
  })
})
