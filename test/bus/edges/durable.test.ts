import { getEventListeners } from 'node:events'
import { DurableNameTakenError, type Journal, memoryJournal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { held } from '../../support/heap.ts'
import { command, dogAgent, glance, petsParty } from '../../support/pets.ts'
import { settle, startRuntime, turn } from '../../support/runtime.ts'

const start = (journal: Journal = memoryJournal()) => startRuntime({ journal, party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>
const say = async ({ runtime }: Started, ...words: readonly string[]) => {
  for (const word of words) await runtime.bus.publish(command({ word }))
}

/** Fails on every event until it is fixed; counts how many calls run at the same time. */
const failing = async (started: Started) => {
  const { runtime, clock } = started
  const state = { isBroken: true, words: [] as string[], running: 0, most: 0 }
  const subscription = runtime.bus.subscribe(
    command,
    async ({ data }) => {
      state.most = Math.max(state.most, ++state.running)
      state.words.push(data.word)
      await turn()
      state.running--
      if (state.isBroken) throw new Error('broken')
    },
    { durable: 'ledger' },
  )
  return { state, subscription, clock }
}

describe('a durable subscription, at its edges', () => {
  it('gets several redriven dead letters one after the other', async () => {
    const started = await start()
    const { state, clock } = await failing(started)
    await say(started, 'a', 'b', 'c')
    for (let n = 0; n < 12; n++) {
      await settle()
      clock.advance(2_000)
    }
    expect(started.runtime.bus.deadLetters.list()).toHaveLength(3)
    state.isBroken = false
    state.most = 0
    await started.runtime.bus.deadLetters.redrive()
    expect(state.most).toBe(1)
  })

  it('gets an event that is said during a redrive after the redriven one', async () => {
    const started = await start()
    const { state, clock } = await failing(started)
    await say(started, 'a')
    for (let n = 0; n < 4; n++) {
      await settle()
      clock.advance(2_000)
    }
    state.isBroken = false
    state.most = 0
    const driving = started.runtime.bus.deadLetters.redrive()
    await say(started, 'b')
    await driving
    await settle()
    expect(state.most).toBe(1)
  })

  it('gets no events of a replay while it is paused', async () => {
    const started = await start()
    await say(started, 'a', 'b')
    const words: string[] = []
    const sub = started.runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { durable: 'ledger' })
    sub.pause()
    void started.runtime.bus.replay({ type: command }, sub)
    await settle()
    expect(words).toEqual([])
    sub.resume()
    await settle()
    expect(words).toHaveLength(2)
  })

  it('is not called again while it is paused, also when it failed', async () => {
    const started = await start()
    const { state, subscription, clock } = await failing(started)
    await say(started, 'a')
    await settle()
    subscription.pause()
    clock.advance(1_000)
    await settle()
    expect(state.words).toEqual(['a'])
  })

  it.each(['unsubscribe', 'pause'] as const)(
    'gets no event after %s, whenever that comes while it reads',
    async end => {
      const started = await start()
      await say(started, 'a', 'b', 'c')
      for (let ticks = 0; ticks < 40; ticks++) {
        const received: string[] = []
        const name = `ledger-${ticks}`
        const receive = ({ data }: { readonly data: { readonly word: string } }) => void received.push(data.word)
        const subscription = started.runtime.bus.subscribe(command, receive, { durable: name, from: 'start' })
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
        subscription[end]()
        const before = [...received]
        await settle()
        expect(received).toEqual(before)
        // It gets the remaining events later.
        if (end === 'pause') subscription.resume()
        else started.runtime.bus.subscribe(command, receive, { durable: name })
        await settle()
        expect(received).toEqual(['a', 'b', 'c'])
      }
    },
  )

  it('to all events that always throws leaves the event loop its turns', async () => {
    const { runtime, clock } = await start()
    let received = 0
    runtime.bus.subscribe(
      '*',
      () => {
        if (++received < 100_000) throw new Error('always')
      },
      { durable: 'ledger' },
    )
    await runtime.bus.publish(glance({ at: 'x' }))
    await settle()
    clock.advance(5_000)
    await settle()
    expect(received).toBeLessThan(1_000)
  })

  it('leaves no listener on its signal when it ends or is refused', async () => {
    const { runtime } = await start()
    const { signal } = new AbortController()
    const listen = () => runtime.bus.subscribe(command, () => {}, { durable: 'ledger', signal })
    for (let n = 0; n < 5; n++) listen().unsubscribe()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    listen()
    for (let n = 0; n < 5; n++) expect(listen).toThrow(DurableNameTakenError)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  })

  it('keeps nothing of its function in memory when it has ended', async () => {
    const { runtime } = await start()
    const known = Array.from({ length: 10 }, (_, n) => {
      const one = {}
      runtime.bus.subscribe(command, () => one, { durable: `ledger-${n}` }).unsubscribe()
      return new WeakRef(one)
    })
    expect(await held(known)).toBe(0)
  })

  it('reports missed events that are not journalled', async () => {
    const { runtime } = await start()
    const missed: number[] = []
    const codes: string[] = []
    runtime.bus.errors(({ data }) => void codes.push(data.code))
    const sub = runtime.bus.subscribe(glance, () => {}, { durable: 'l', limit: 2, onMissed: n => void missed.push(n) })
    sub.pause()
    for (let n = 0; n < 5; n++) await runtime.bus.publish(glance({ at: `${n}` }))
    sub.resume()
    await settle()
    expect(missed).toEqual([3])
    expect(codes).toEqual(['SUBSCRIBER_LAG'])
  })

  it('gets all events of a new party with the id of one that was deleted while it read back', async () => {
    const started = await start()
    const { runtime } = started
    const words: string[] = []
    let go = () => {}
    let isHeld = true
    const held = new Promise<void>(resolve => {
      go = () => {
        isHeld = false
        resolve()
      }
    })
    await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 20; n++) await runtime.bus.publish(command({ word: `old${n}` }), { party: 'p1' })
    runtime.bus.subscribe(
      command,
      async ({ data }) => {
        words.push(data.word)
        if (isHeld) await held
      },
      { durable: 'ledger', from: 'start' },
    )
    await settle()
    expect(words).toHaveLength(1)
    await runtime.parties.delete('p1')
    await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 3; n++) await runtime.bus.publish(command({ word: `new${n}` }), { party: 'p1' })
    go()
    await settle()
    expect(words.filter(word => word.startsWith('new'))).toEqual(['new0', 'new1', 'new2'])
  })

  it('gets no more events of a party that was deleted while it read back', async () => {
    const started = await start()
    const { runtime } = started
    const words: string[] = []
    let go = () => {}
    const held = new Promise<void>(resolve => {
      go = resolve
    })
    await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 5; n++) await runtime.bus.publish(command({ word: `old${n}` }), { party: 'p1' })
    runtime.bus.subscribe(
      command,
      async ({ data }) => {
        words.push(data.word)
        await held
      },
      { durable: 'ledger', from: 'start' },
    )
    await settle()
    expect(words).toHaveLength(1)
    await runtime.parties.delete('p1')
    go()
    await settle()
    expect(words).toEqual(['old0'])
  })

  it('never moves its place back, also when a call ends after it subscribed again', async () => {
    const started = await start()
    const { runtime } = started
    const words: string[] = []
    let go = () => {}
    const held = new Promise<void>(resolve => {
      go = resolve
    })
    const listen = (name: string, wait: Promise<unknown> | undefined) =>
      runtime.bus.subscribe(
        command,
        async ({ data }) => {
          words.push(`${name} ${data.word}`)
          await wait
        },
        { durable: 'ledger' },
      )
    const first = listen('first', held)
    await say(started, 'a')
    await settle()
    expect(words).toHaveLength(1)
    first.unsubscribe()
    const second = listen('second', undefined)
    await say(started, 'b', 'c')
    await settle()
    expect(words).toHaveLength(4)
    go()
    await settle()
    second.unsubscribe()
    listen('third', undefined)
    await say(started, 'd')
    await settle()
    expect(words).toEqual(['first a', 'second a', 'second b', 'second c', 'third d'])
  })

  it('reads back only what is durable', async () => {
    const inner = memoryJournal()
    let acknowledge = Promise.resolve()
    const started = await start({
      ...inner,
      async append(...frames) {
        await inner.append(...frames)
        await acknowledge
      },
    })
    const { runtime } = started
    let go = () => {}
    acknowledge = new Promise(resolve => {
      go = resolve
    })
    const words: string[] = []
    void runtime.bus.publish(command({ word: 'a' }))
    await settle()
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { durable: 'ledger', from: 'start' })
    await settle()
    const early = [...words]
    go()
    await settle()
    expect(words).toHaveLength(1)
    expect(early).toEqual([])
  })

  it('ends a redrive when the runtime stops', async () => {
    const started = await start()
    const { state, clock } = await failing(started)
    await say(started, 'a')
    for (let n = 0; n < 4; n++) {
      await settle()
      clock.advance(2_000)
    }
    await say(started, 'b')
    await settle()
    // Now it waits after its first attempt at "b".
    expect(state.words.at(-1)).toBe('b')
    let outcome = 'pending'
    void started.runtime.bus.deadLetters.redrive().then(
      () => (outcome = 'done'),
      () => (outcome = 'refused'),
    )
    await started.runtime.stop({ timeout: 0 })
    clock.advance(3_600_000)
    await settle()
    expect(outcome).not.toBe('pending')
  })

  it('gets later events of the same frame if it subscribes in between, like a live subscription', async () => {
    const started = await start()
    const { runtime } = started
    const party = await runtime.parties.create({ id: 'p1' })
    const words: string[] = []
    const live: string[] = []
    const first = runtime.bus.subscribe('pets.input.added', () => {
      first.unsubscribe()
      runtime.bus.subscribe('pets.input.added', ({ data }) => void words.push(JSON.stringify(data)), { durable: 'l' })
      runtime.bus.subscribe('pets.input.added', ({ data }) => void live.push(JSON.stringify(data)))
    })
    await party.update({ add: ['a', 'b'] })
    await settle()
    expect(live).toHaveLength(1)
    expect(words).toEqual(live)
  })

  it('keeps a dead letter whose type it no longer hears', async () => {
    const started = await start()
    const { state, subscription, clock } = await failing(started)
    await say(started, 'a')
    for (let n = 0; n < 4; n++) {
      await settle()
      clock.advance(2_000)
    }
    expect(state.words).toHaveLength(3)
    subscription.unsubscribe()
    started.runtime.bus.subscribe(glance, () => {}, { durable: 'ledger' })
    await started.runtime.bus.deadLetters.redrive()
    expect(started.runtime.bus.deadLetters.list()).toHaveLength(1)
  })
})
