import { MailboxFullError, type MailboxOptions, MailboxOptionsError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, hoseAgent, petsParty, spray, urgent } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

/** A dog that rests, so that mail waits, and a way to wake it. */
async function restingDog(mailbox: MailboxOptions) {
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent({ mailbox }), hoseAgent()) })
  const party = await runtime.parties.create({ id: 'p1' })
  const dog = party.agent('dog')
  const say = (word: string, options = {}) => runtime.bus.publish(command({ word }), { party: 'p1', ...options })
  await say('rest')
  await party.idle()
  const wake = async () => {
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
  }
  const barks = () =>
    runtime.bus
      .history({ type: barked.type })
      .map(({ data }) => barked.schema.parse(data).word)
      .slice(1)
  const sprayed = async (from: number, count: number) => {
    await runtime.bus.publish(spray({ from, count }), { party: 'p1' })
    await party.idle()
  }
  return { runtime, clock, party, dog, say, wake, barks, sprayed }
}

const words = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => `w${from + place}`)

describe('a full mailbox with back-pressure', () => {
  it('makes publishers outside wait, in order, until there is room', async () => {
    const { party, say, wake, barks } = await restingDog({ capacity: 2 })
    const published: string[] = []
    const all = words(0, 6).map(word => say(word).then(() => published.push(word)))
    await settle()
    expect(published.length).toBeGreaterThanOrEqual(2)
    await party.idle()
    expect(published).toEqual(['w0', 'w1'])
    await wake()
    await Promise.all(all)
    await party.idle()
    expect(published).toEqual(words(0, 6))
    expect(barks()).toEqual(words(0, 6))
  })

  it('lets a waiting publisher give up, by its timeout or its signal, and nothing has happened then', async () => {
    const { runtime, clock, say, wake, barks } = await restingDog({ capacity: 1 })
    await say('w0')
    const late = expect(say('late', { timeout: 500 })).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
      reason: 'timeout',
    })
    const controller = new AbortController()
    const bored = expect(say('bored', { signal: controller.signal })).rejects.toThrow('changed my mind')
    controller.abort(new Error('changed my mind'))
    clock.advance(500)
    await Promise.all([late, bored])
    await wake()
    expect(barks()).toEqual(['w0'])
    const { offered, accepted, rejected } = runtime.bus.metrics()
    expect({ offered, accepted, rejected }).toMatchObject({ rejected: 2, accepted: offered - 2 })
  })

  it('lets publishers go when the agent stops: what they publish is a dead letter', async () => {
    const { runtime, party, dog, say } = await restingDog({ capacity: 1 })
    await say('w0')
    const waiting = dog.send(command({ word: 'w1' }))
    await party.idle()
    await dog.stop()
    await waiting
    expect(runtime.bus.deadLetters.list({ reason: 'stopped' }).map(({ envelope }) => envelope.data)).toEqual([
      { word: 'w0' },
      { word: 'w1' },
    ])
  })

  it('keeps only positions of what agents say above its capacity, and reads it back in order', async () => {
    const { runtime, dog, wake, barks, sprayed } = await restingDog({ capacity: 10 })
    await sprayed(0, 500)
    expect(dog.mailbox).toMatchObject({ depth: 500, spilled: 490 })
    await wake()
    expect(barks()).toEqual(words(0, 500))
    expect(runtime.bus.metrics()).toMatchObject({ dead: 0, waiting: 0 })
  })

  it('hands over what is more urgent first, wherever it waits', async () => {
    const { party, runtime, wake, barks, sprayed } = await restingDog({ capacity: 2 })
    await sprayed(0, 5)
    const now = runtime.bus.publish(command({ word: 'now' }), { party: 'p1', priority: 2 })
    await wake()
    await now
    await party.idle()
    expect(barks()).toEqual([...words(0, 5), 'now'])
    await runtime.bus.publish(command({ word: 'rest' }), { party: 'p1' })
    await sprayed(5, 2)
    await party.agent('hose').send(spray({ from: 7, count: 3 }))
    await wake()
    expect(barks().slice(7)).toEqual(words(5, 10))
  })

  it('makes dead letters of what only the journal holds when its agent stops', async () => {
    const { runtime, dog, sprayed } = await restingDog({ capacity: 2 })
    await sprayed(0, 200)
    await dog.stop()
    expect(runtime.bus.deadLetters.list({ reason: 'stopped' }).map(({ envelope }) => envelope.data)).toEqual(
      words(0, 200).map(word => ({ word })),
    )
    expect(runtime.bus.metrics()).toMatchObject({ dead: 200, waiting: 0 })
  })

  it('keeps its mail through a crash, in memory and in the journal', async () => {
    const { dog, say, wake, barks, sprayed } = await restingDog({ capacity: 2 })
    await say('boom')
    await sprayed(0, 20)
    await wake()
    expect(barks()).toEqual(words(0, 20))
    expect(dog.incarnation).toBe(2)
  })
})

describe('a full mailbox that rejects', () => {
  it('refuses who addresses the agent alone, and nothing has happened then', async () => {
    const { runtime, dog, say, wake, barks } = await restingDog({ capacity: 1, overflow: 'reject' })
    await say('w0')
    await expect(dog.send(command({ word: 'w1' }))).rejects.toBeInstanceOf(MailboxFullError)
    expect(runtime.bus.metrics()).toMatchObject({ rejected: 1, deadLetters: 0 })
    await wake()
    expect(barks()).toEqual(['w0'])
  })

  it('makes a dead letter of a broadcast, and of what an agent says', async () => {
    const { runtime, say, sprayed } = await restingDog({ capacity: 1, overflow: 'reject' })
    await say('w0')
    await say('w1')
    await sprayed(2, 2)
    expect(runtime.bus.deadLetters.list({ reason: 'overflow' }).map(({ envelope }) => envelope.data)).toEqual([
      { word: 'w1' },
      { word: 'w2' },
      { word: 'w3' },
    ])
  })
})

describe('a full mailbox that drops', () => {
  it.each([
    ['drop-newest', ['w0', 'w1'], ['w2', 'w3']],
    ['drop-oldest', ['w2', 'w3'], ['w0', 'w1']],
  ] as const)('%s keeps %j, and the others are dead letters', async (overflow, kept, dropped) => {
    const { runtime, say, wake, barks } = await restingDog({ capacity: 2, overflow })
    for (const word of words(0, 4)) await say(word)
    expect(runtime.bus.deadLetters.list({ reason: 'overflow' }).map(({ envelope }) => envelope.data)).toEqual(
      dropped.map(word => ({ word })),
    )
    await wake()
    expect(barks()).toEqual(kept)
  })

  it('drops the oldest of the least urgent, and never a more urgent one for a less urgent', async () => {
    const { say, wake, barks } = await restingDog({ capacity: 2, overflow: 'drop-oldest' })
    await say('urgent', { priority: 1 })
    await say('w0', { priority: 5 })
    await say('w1', { priority: 5 })
    await say('whenever', { priority: 9 })
    await wake()
    expect(barks()).toEqual(['urgent', 'w1'])
  })
})

describe('a mailbox that coalesces', () => {
  const coalesce = {
    'pets.command': ({ data }: { readonly data: unknown }) => command.schema.parse(data).word[0] ?? '',
  }

  it('holds only the newest event of a key, at the position of the newest, and counts the others', async () => {
    const { runtime, say, wake, barks } = await restingDog({ coalesce })
    for (const word of ['a1', 'b1', 'a2', 'a3', 'c1']) await say(word)
    expect(runtime.bus.metrics()).toMatchObject({ coalesced: 2, waiting: 3 })
    await wake()
    expect(barks()).toEqual(['b1', 'a3', 'c1'])
  })

  it('needs no room for an event that takes the place of another', async () => {
    const { runtime, say } = await restingDog({ coalesce, capacity: 1, overflow: 'drop-newest' })
    await say('a1')
    await say('a2')
    expect(runtime.bus.metrics()).toMatchObject({ coalesced: 1, deadLetters: 0, waiting: 1 })
  })

  it('keeps every event apart when its key function throws', async () => {
    const broken = () => {
      throw new Error('no key')
    }
    const { say, wake, barks } = await restingDog({ coalesce: { 'pets.command': broken } })
    await say('a')
    await say('a')
    await wake()
    expect(barks()).toEqual(['a', 'a'])
  })
})

describe('an event with a time to live', () => {
  it('is handed to nobody after its time, but becomes a dead letter', async () => {
    const { runtime, clock, say, wake, barks } = await restingDog({})
    await say('soon', { ttl: 100 })
    await say('later', { ttl: 1_000 })
    clock.advance(100)
    await wake()
    expect(barks()).toEqual(['later'])
    expect(runtime.bus.deadLetters.list({ reason: 'expired' })).toMatchObject([
      { envelope: { data: { word: 'soon' } } },
    ])
  })

  it('makes room in a full mailbox when its time is over', async () => {
    const { clock, say, wake, barks } = await restingDog({ capacity: 1, overflow: 'drop-newest' })
    await say('soon', { ttl: 100 })
    clock.advance(100)
    await say('next')
    await wake()
    expect(barks()).toEqual(['next'])
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('cannot have the time %d', async ttl => {
    const { runtime, say } = await restingDog({})
    await expect(say('a', { ttl })).rejects.toMatchObject({ code: 'TTL' })
    expect(runtime.bus.metrics()).toMatchObject({ rejected: 1 })
  })
})

describe('the figures of a mailbox', () => {
  it('are its depth, the age of the oldest event, and how long its agent has been busy', async () => {
    const { runtime, clock, dog, say, wake } = await restingDog({})
    clock.advance(50)
    await say('a')
    await say('b')
    clock.advance(200)
    expect(dog.mailbox).toEqual({ depth: 2, spilled: 0, age: 200, busy: 250 })
    expect(runtime.bus.metrics()).toMatchObject({ waiting: 2, spilled: 0, age: 200, busy: 250 })
    await wake()
    expect(dog.mailbox).toEqual({ depth: 0, spilled: 0, age: 0, busy: 0 })
  })

  it.each([0, -1, 1.5, Number.NaN])('cannot begin with the capacity %d', capacity => {
    expect(() => dogAgent({ mailbox: { capacity } })).toThrow(MailboxOptionsError)
  })
})

it('a publisher that gives up leaves the places that were kept for it to those who wait behind it', async () => {
  const mailbox = { capacity: 1 }
  const twin = { ...dogAgent({ mailbox }), name: 'twin' }
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent({ mailbox }), twin) })
  const party = await runtime.parties.create({ id: 'p1' })
  const dog = party.agent('dog')
  for (const word of ['nap', 'w0']) {
    await dog.send(command({ word }))
    await party.agent('twin').send(command({ word: word === 'nap' ? 'rest' : word }))
    await party.idle()
  }
  // It waits for a place at both: the dog wakes up after a second, its twin never does.
  const both = runtime.bus.publish(command({ word: 'both' }), { party: 'p1', timeout: 2_000 })
  const failure = expect(both).rejects.toMatchObject({ address: 'party/p1/twin', reason: 'timeout' })
  clock.advance(1_000)
  await party.idle()
  const behind = dog.send(command({ word: 'behind' }))
  clock.advance(2_000)
  await failure
  await behind
  await party.idle()
  expect(dog.mailbox.depth).toBe(0)
})
