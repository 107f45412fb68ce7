import { definePool, defineTransform, memoryJournal, type Transform } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, glance, inputAdded, petsParty, urgent } from '../../support/pets.ts'
import { settle, startRuntime } from '../../support/runtime.ts'

const start = (...transforms: Transform[]) => startRuntime({ party: petsParty(dogAgent()), transforms })

describe('transforms, at their edges', () => {
  it('an enrichment that is asynchronous is refused rather than lost', async () => {
    const { runtime } = await start(
      defineTransform({ name: 'late', on: command, enrich: async () => ({ word: 'enriched' }) }),
    )
    const outcome = await runtime.bus.publish(command({ word: 'plain' })).then(
      ({ data }) => JSON.stringify(data),
      error => error.code,
    )
    expect(outcome).toBe('TRANSFORM_FAILED')
  })

  it('an enrichment that rejects leaves no rejection unhandled', async () => {
    const seen: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', error => seen.push(error))
    const { runtime } = await start(
      defineTransform({
        name: 'late',
        on: command,
        enrich: async () => {
          throw new Error('late')
        },
      }),
    )
    await runtime.bus.publish(command({ word: 'plain' })).catch(() => {})
    await settle()
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
    expect(seen).toEqual([])
  })

  it('events are in the order of publishing, whether they are transformed or not', async () => {
    const { runtime } = await start(defineTransform({ name: 'keep', on: command, filter: () => true }))
    const seen: string[] = []
    runtime.bus.subscribe([command, urgent], ({ data }) => void seen.push(data.word))
    await Promise.all([
      runtime.bus.publish(command({ word: 'first' })),
      runtime.bus.publish(urgent({ word: 'second' })),
      runtime.bus.publish(command({ word: 'third' })),
    ])
    expect(seen).toEqual(['first', 'second', 'third'])
  })

  it('an update resolves with the transformed inputs, as addInput does', async () => {
    const { runtime } = await start(
      defineTransform({ name: 'trim', on: inputAdded, enrich: ({ data }) => ({ content: data.content.trim() }) }),
    )
    const party = await runtime.parties.create({ id: 'p1' })
    const one = await party.addInput(' a ')
    const [two] = await party.update({ add: [' b '] })
    expect([one.content, two?.content]).toEqual(['a', 'b'])
  })

  it('a split that gives two inputs of one id is refused', async () => {
    const { runtime } = await start(
      defineTransform({
        name: 'twice',
        on: inputAdded,
        split: ({ data }) => [inputAdded({ ...data, content: 'one' }), inputAdded({ ...data, content: 'two' })],
      }),
    )
    const party = await runtime.parties.create({ id: 'p1' })
    const outcome = await party.addInput('x').then(
      () => 'added',
      error => error.code,
    )
    expect(outcome).toBe('INPUT_DUPLICATE')
  })

  it('an event that an agent says may be routed to a pool', async () => {
    const party = petsParty(dogAgent(), definePool({ name: 'litter', agent: dogAgent(), size: 2 }))
    const { runtime } = await startRuntime({
      party,
      transforms: [
        defineTransform({ name: 'map', on: barked, map: () => command({ word: 'nothing' }) }),
        defineTransform({
          name: 'route',
          on: command,
          route: ({ data }) => ({ to: data.word === 'sit' ? 'dog' : 'litter' }),
        }),
      ],
    })
    const p1 = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await p1.idle()
    // One delivery to the dog, and one to a member of the pool. The dog has not crashed.
    expect([runtime.bus.metrics().created, p1.agent('dog').incarnation]).toEqual([2, 1])
  })

  it('an input that a transform filters out is not reported as added', async () => {
    const { runtime } = await start(defineTransform({ name: 'none', on: inputAdded, filter: () => false }))
    const party = await runtime.parties.create({ id: 'p1' })
    const outcome = await party.addInput('x').then(
      () => 'added',
      error => error.code,
    )
    expect([outcome, party.state.inputs.size]).not.toEqual(['added', 0])
  })

  it('an input that is split into several events resolves with the input, at any place among them', async () => {
    const { runtime } = await start(
      defineTransform({
        name: 'both',
        on: inputAdded,
        split: ({ data }) => [command({ word: data.content }), inputAdded({ ...data, content: data.content.trim() })],
      }),
    )
    const party = await runtime.parties.create({ id: 'p1' })
    expect((await party.addInput(' x ')).content).toBe('x')
  })

  it('an event that is routed elsewhere is counted once as offered', async () => {
    const { runtime } = await start(defineTransform({ name: 'elsewhere', on: command, route: () => ({ party: 'p1' }) }))
    await runtime.parties.create({ id: 'p1' })
    const { offered } = runtime.bus.metrics()
    await runtime.bus.publish(command({ word: 'nothing' }))
    expect(runtime.bus.metrics().offered - offered).toBe(1)
  })

  it('an update may be routed to its own party, as an input may', async () => {
    const { runtime } = await start(defineTransform({ name: 'here', on: inputAdded, route: () => ({ party: 'p1' }) }))
    const party = await runtime.parties.create({ id: 'p1' })
    await party.addInput('a')
    const outcome = await party.update({ add: ['b'] }).then(
      () => 'added',
      error => error.message,
    )
    expect(outcome).toBe('added')
  })

  it('an event that is not journalled is not journalled either when it is transformed', async () => {
    const inner = memoryJournal()
    let frames = 0
    const { runtime } = await startRuntime({
      party: petsParty(dogAgent()),
      transforms: [defineTransform({ name: 'drop', on: glance, filter: () => false })],
      journal: {
        ...inner,
        append(...args) {
          frames += args[3].length
          return inner.append(...args)
        },
      },
    })
    const before = frames
    for (let n = 0; n < 10; n++) await runtime.bus.publish(glance({ at: 'x' }))
    expect(frames - before).toBe(0)
  })
})
