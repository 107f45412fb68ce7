import { ReplayQueryError, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, glance, petsParty, runnerAgent, urgent } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>['runtime']

/** Two parties and an agent outside. Their dogs heard commands, a second apart. */
const played = async () => {
  const { runtime, clock } = await start()
  for (const id of ['p1', 'p2']) await runtime.parties.create({ id })
  const begun = clock.now()
  const say = async (word: string, party: string | undefined, correlationId: string) => {
    clock.advance(1_000)
    await runtime.bus.publish(command({ word }), { correlationId, ...(party !== undefined && { party }) })
    await runtime.idle()
  }
  await say('a', 'p1', 'one')
  await say('b', 'p2', 'two')
  await say('c', undefined, 'three')
  await say('d', 'p1', 'four')
  return { runtime, clock, begun }
}

const replayed = async (runtime: Started, query: Parameters<Started['bus']['replay']>[0]) => {
  const seen: string[] = []
  const { replayed } = await runtime.bus.replay(query, ({ type, data }) => {
    if (typeof data === 'object' && data !== null && 'word' in data) seen.push(`${type.slice(5)} ${data.word}`)
  })
  expect(replayed).toBe(seen.length)
  return seen
}

const everything = ['command a', 'barked a', 'command b', 'barked b', 'command c', 'command d', 'barked d']

describe('a replay', () => {
  it('shows all events of the journal once, in the order of time', async () => {
    const { runtime } = await played()
    expect(await replayed(runtime, {})).toEqual(everything)
  })

  it.each<[string, Parameters<Started['bus']['replay']>[0], readonly string[]]>([
    ['a party', { party: 'p1' }, ['command a', 'barked a', 'command d', 'barked d']],
    ['a type', { type: 'pets.barked' }, ['barked a', 'barked b', 'barked d']],
    ['definitions', { type: [barked, urgent] }, ['barked a', 'barked b', 'barked d']],
    ['a pattern in a party', { type: 'pets.*', party: 'p2' }, ['command b', 'barked b']],
    ['the events that one event led to', { correlationId: 'two' }, ['command b', 'barked b']],
  ])('may be of %s', async (_, query, expected) => {
    const { runtime } = await played()
    expect(await replayed(runtime, query)).toEqual(expected)
  })

  it('of events that never happened shows nothing', async () => {
    const { runtime } = await played()
    expect(await replayed(runtime, { correlationId: 'none' })).toEqual([])
  })

  it('may be of a range of time', async () => {
    const { runtime, begun } = await played()
    const [from, to] = [begun + 2_000, begun + 3_000]
    expect(await replayed(runtime, { from, to })).toEqual(['command b', 'barked b', 'command c'])
  })

  it('may be of a range of positions of one party', async () => {
    const { runtime } = await played()
    const [first, , third] = runtime.bus.history({ party: 'p1', type: 'pets.*' })
    const [after, until] = [Number(first?.seq), Number(third?.seq)]
    expect(await replayed(runtime, { party: 'p1', after, until })).toEqual(['barked a', 'command d'])
    await expect(replayed(runtime, { after })).rejects.toBeInstanceOf(ReplayQueryError)
  })

  it('does not show events that are not journalled', async () => {
    const { runtime } = await played()
    await runtime.bus.publish(glance({ at: 'x' }), { party: 'p1' })
    expect(await replayed(runtime, { type: 'pets.glance' })).toEqual([])
  })

  it('ends with the events from before its start, however many are published meanwhile', async () => {
    const { runtime } = await start()
    await runtime.bus.publish(command({ word: 'first' }))
    let count = 0
    const { replayed } = await runtime.bus.replay({}, async () => {
      // Published outside the handler, whose own calls would be muted.
      if (count++ < 100) await new Promise(resolve => setImmediate(resolve))
    })
    expect(replayed).toBe(1)
  })

  it('leaves as much time between two events as its speed says', async () => {
    const { runtime, clock, begun } = await played()
    const started = clock.now()
    const at: number[] = []
    const done = runtime.bus.replay({ type: command, from: begun }, () => void at.push(clock.now() - started), {
      speed: 2,
    })
    for (const count of [1, 2, 3, 4]) {
      await settle()
      expect(at).toHaveLength(count)
      clock.advance(500)
    }
    await done
    expect(at).toEqual([0, 500, 1_000, 1_500])
  })

  it('ends with its signal, also between two events', async () => {
    const { runtime } = await played()
    const controller = new AbortController()
    const seen: string[] = []
    const done = runtime.bus.replay({ type: command }, ({ data }) => void seen.push(data.word), {
      speed: 1,
      signal: controller.signal,
    })
    await settle()
    expect(seen).toHaveLength(1)
    controller.abort(new Error('enough'))
    await expect(done).rejects.toThrow('enough')
    expect(seen).toEqual(['a'])
  })

  it('changes nothing else: no agent, other subscriber or effect gets or does anything', async () => {
    let runs = 0
    const { runtime } = await startRuntime({
      party: petsParty(
        runnerAgent(() => {
          runs++
          return 'home'
        }),
      ),
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    let heard = 0
    runtime.bus.subscribe('*', () => void heard++)
    const [before, { version }, { created }] = [runs, party, runtime.bus.metrics()]
    await runtime.bus.replay({}, () => {})
    await runtime.idle()
    expect({ runs, heard, version: party.version, created: runtime.bus.metrics().created }).toEqual({
      runs: before,
      heard: 0,
      version,
      created,
    })
  })

  it('mutes calls of its handler to the runtime, also after an await, and counts them', async () => {
    const { runtime } = await played()
    const codes: string[] = []
    const code = (error: { readonly code: string }) => void codes.push(error.code)
    const result = await runtime.bus.replay({ party: 'p2' }, async ({ data }) => {
      await turn()
      await runtime.bus.publish(command({ word: `again ${data}` })).catch(code)
      await runtime.parties.get('p1').addInput('again').catch(code)
      await runtime.parties.create().catch(code)
    })
    expect(result).toEqual({ replayed: 2, failed: 0, muted: 6 })
    expect(new Set(codes)).toEqual(new Set(['REPLAY_MUTED']))
    expect(runtime.parties.list()).toHaveLength(2)
    await runtime.bus.publish(command({ word: 'live' }))
  })

  it('goes on when its handler fails, and reports that', async () => {
    const { runtime } = await played()
    const codes: string[] = []
    runtime.bus.subscribe(systemError, ({ data }) => void codes.push(data.code))
    const result = await runtime.bus.replay({ type: barked }, ({ data }) => {
      if (data.word !== 'a') throw new Error('ouch')
    })
    expect(result).toEqual({ replayed: 3, failed: 2, muted: 0 })
    await runtime.idle()
    expect(codes).toEqual(['SUBSCRIBER_FAILED', 'SUBSCRIBER_FAILED'])
  })

  it('of an unknown party is refused', async () => {
    const { runtime } = await start()
    await expect(replayed(runtime, { party: 'nobody' })).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await expect(runtime.bus.replay({}, () => {}, { speed: 0 })).rejects.toMatchObject({ code: 'REPLAY_QUERY' })
  })
})

describe('a replay into a subscription', () => {
  it('delivers the events that it would hear, one after the other', async () => {
    const { runtime } = await played()
    const seen: string[] = []
    const subscription = runtime.bus.subscribe(
      barked,
      async ({ data }) => {
        await turn()
        seen.push(data.word)
      },
      { filter: ({ data }) => data.word !== 'b' },
    )
    expect(await runtime.bus.replay({}, subscription)).toMatchObject({ failed: 0, muted: 0 })
    expect(seen).toEqual(['a', 'd'])
    expect(subscription.info.count).toBe(2)
  })

  it('that is paused ends with its signal', async () => {
    const { runtime } = await played()
    const controller = new AbortController()
    const subscription = runtime.bus.subscribe(command, () => {})
    subscription.pause()
    const done = runtime.bus.replay({ type: command }, subscription, { signal: controller.signal })
    await turn()
    controller.abort(new Error('enough'))
    await expect(done).rejects.toThrow('enough')
  })

  it('mutes it for replayed events, and not for live ones', async () => {
    const { runtime } = await played()
    const answered: string[] = []
    runtime.bus.subscribe(urgent, ({ data }) => void answered.push(data.word))
    const subscription = runtime.bus.subscribe(command, async ({ data }) => {
      await turn()
      await runtime.bus.publish(urgent({ word: `to ${data.word}` }))
    })
    const done = runtime.bus.replay({ type: command }, subscription)
    await runtime.bus.publish(command({ word: 'live' }))
    expect(await done).toEqual({ replayed: 4, failed: 0, muted: 4 })
    await settle()
    expect(answered.length).toBeGreaterThan(0)
    await runtime.idle()
    expect(answered).toEqual(['to live'])
  })
})
