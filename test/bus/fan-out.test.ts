import { describe, expect, it } from 'vitest'
import { command, glance, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = async () => {
  const { runtime, clock } = await startRuntime({ events: [command, glance, urgent] })
  return { bus: runtime.bus, clock }
}

describe('an event', () => {
  it('arrives as it was published: with its data, source, time, priority and correlation id', async () => {
    const { bus, clock } = await start()
    const received: unknown[] = []
    bus.subscribe(command, envelope => void received.push(envelope))
    clock.advance(5_000)
    const options = { source: 'trainer', priority: 2, tags: ['show'], ttl: 1_000, correlationId: 'chain-1' }
    const envelope = await bus.publish(command({ word: 'sit' }), options)
    const now = clock.now()
    expect(received).toMatchObject([
      {
        id: envelope.id,
        type: 'pets.command',
        data: { word: 'sit' },
        source: 'trainer',
        time: now,
        priority: 2,
        tags: ['show'],
        expirytime: now + 1_000,
        correlationid: 'chain-1',
      },
    ])
  })

  it('reaches each of 1,000 subscribers, in the order in which they subscribed', async () => {
    const { bus } = await start()
    const received: number[] = []
    for (let n = 0; n < 1_000; n++) bus.subscribe(command, () => void received.push(n))
    await bus.publish(command({ word: 'sit' }))
    expect(received).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  })

  it('does not call the filters of 10,000 subscribers to other types', async () => {
    const { bus } = await start()
    let asked = 0
    let received = 0
    const filter = () => {
      asked++
      return true
    }
    for (let n = 0; n < 10_000; n++)
      bus.subscribe([urgent, n % 2 === 0 ? 'system.party.*' : 'ask.*'], () => {}, { filter })
    bus.subscribe(command, () => void received++)
    await bus.publish(command({ word: 'sit' }))
    expect({ asked, received }).toEqual({ asked: 0, received: 1 })
  })
})

describe('a thousand events at once', () => {
  it('are all accepted before a subscriber gets the first one, and are delivered one after the other', async () => {
    const { bus } = await start()
    const received: string[] = []
    bus.subscribe(command, ({ data }) => void received.push(data.word))
    const words = Array.from({ length: 1_000 }, (_, n) => `w${n}`)
    const publishing = words.map(word => bus.publish(command({ word })))
    expect(received).toEqual([])
    await Promise.all(publishing)
    expect(received).toEqual(words)
  })
})
