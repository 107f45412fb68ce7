import { type Journal, memoryJournal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { createRecord, live } from '../support/lives.ts'
import { barked, command, dogAgent, petsParty, trick, urgent } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const options = { party: petsParty(dogAgent()), agents: [dogAgent()] }
type Started = Awaited<ReturnType<typeof startRuntime>>['runtime']

async function bark({ bus }: Pick<Started, 'bus'>, times: number): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => bus.publish(command({ word: 'a' }))))
}

describe('the names of durable subscriptions', () => {
  it('are listed with the lag of each, also those of an earlier process', async () => {
    const record = createRecord()
    const first = await live(record.next(), options)
    first.bus.subscribe(command, () => {}, { durable: 'ledger' })
    await bark(first, 1)
    await settle()
    const second = await live(record.next(), options)
    second.bus.subscribe(command, () => {}, { durable: 'audit' })
    await bark(second, 5)
    await second.idle()
    await settle()
    expect((await second.bus.durableNames()).toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { name: 'audit', isSubscribed: true, behind: 0 },
      { name: 'ledger', isSubscribed: false, behind: expect.toSatisfy((behind: number) => behind >= 10) },
    ])
  })

  it('can be forgotten, and then keep no frames from being pruned', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ ...options, journal, snapshots: { every: 5, keep: 0 } })
    runtime.bus.subscribe(command, () => {}, { durable: 'ledger' }).unsubscribe()
    await settle()
    await bark(runtime, 20)
    await settle()
    expect((await journal.saved('runtime')).pruned).toBeLessThan(5)
    expect(await runtime.bus.forgetDurable('ledger')).toBe(true)
    expect(await runtime.bus.durableNames()).toEqual([])
    expect(await runtime.bus.forgetDurable('ledger')).toBe(false)
    await bark(runtime, 20)
    await settle()
    expect((await journal.saved('runtime')).pruned).toBeGreaterThan(50)
  })

  it.each(['was aborted before it began', 'could not read its place'])(
    'keep their place if a subscription %s',
    async how => {
      const record = createRecord()
      const words: string[] = []
      const say = async ({ bus }: Pick<Started, 'bus'>, ...said: readonly string[]) => {
        await Promise.all(said.map(word => bus.publish(command({ word }))))
        await settle()
      }
      const first = await live(record.next(), options)
      const listen = ({ bus }: Pick<Started, 'bus'>, signal?: AbortSignal) =>
        bus.subscribe(command, ({ data }) => void words.push(data.word), {
          durable: 'ledger',
          ...(signal && { signal }),
        })
      listen(first)
      await say(first, 'a', 'b')
      const next = record.next()
      let isSick = how.startsWith('could not')
      const marks: Journal['marks'] = reader => {
        if (isSick) throw new Error('the disk is sick')
        return next.marks(reader)
      }
      const second = await live({ ...next, marks }, { ...options, log: 'silent' })
      listen(second, isSick ? undefined : AbortSignal.abort())
      await settle()
      isSick = false
      listen(second)
      await say(second, 'c')
      expect(words).toEqual(['a', 'b', 'c'])
    },
  )

  it('begin anew after that, also if their subscription had events left', async () => {
    const { runtime } = await startRuntime(options)
    const words: string[] = []
    const listen = () => runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { durable: 'ledger' })
    const first = listen()
    first.pause()
    await bark(runtime, 3)
    const forgotten = runtime.bus.forgetDurable('ledger')
    listen()
    await forgotten
    await runtime.bus.publish(command({ word: 'b' }))
    await settle()
    expect(words.length).toBeGreaterThan(0)
    await settle()
    expect(words).toEqual(['b'])
  })

  it('that hear few events keep only frames with such events', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ ...options, journal, snapshots: { every: 5, keep: 0 } })
    await runtime.parties.create({ id: 'p1' })
    const words: string[] = []
    runtime.bus.subscribe(urgent, ({ data }) => void words.push(data.word), { durable: 'rare' })
    runtime.bus.subscribe(barked, () => {}, { durable: 'elsewhere', party: 'p1' })
    await settle()
    for (let n = 0; n < 10; n++) {
      await bark(runtime, 5)
      await settle()
    }
    expect((await journal.saved('runtime')).pruned).toBeGreaterThan(50)
    await runtime.bus.publish(urgent({ word: 'now' }))
    await settle()
    expect(words).toEqual(['now'])
  })

  it('keep no frames for events that are not journalled, though such events wait', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ ...options, journal, snapshots: { every: 5, keep: 0 } })
    runtime.bus.subscribe('ask.*', () => new Promise(() => {}), { durable: 'ledger' })
    await settle()
    for (let n = 0; n < 20; n++) await runtime.ask('runtime/dog', trick, { name: 'roll' })
    await settle()
    expect((await journal.saved('runtime')).pruned).toBeGreaterThan(50)
  })

  it('keep the event that is being delivered from being pruned, and no earlier one', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ ...options, journal, snapshots: { every: 5, keep: 0 } })
    let stuck = 0
    const stick = ({ seq }: { readonly seq: number }) => new Promise(() => (stuck = seq))
    runtime.bus.subscribe(urgent, stick, { durable: 'ledger' })
    await bark(runtime, 20)
    await runtime.bus.publish(urgent({ word: 'now' }))
    for (let n = 0; n < 5; n++) {
      await bark(runtime, 5)
      await settle()
    }
    expect(stuck).toBeGreaterThan(20)
    expect((await journal.saved('runtime')).pruned).toBe(stuck - 1)
  })

  it('that are far behind are reported once, if many frames are kept for them', async () => {
    const { runtime } = await startRuntime({ ...options, snapshots: { every: 500, keep: 0 } })
    const warnings: string[] = []
    runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}: ${data.message}`))
    runtime.bus.subscribe(command, () => {}, { durable: 'ledger' }).unsubscribe()
    await settle()
    for (let n = 0; n < 10; n++) {
      await bark(runtime, 1_000)
      await settle()
    }
    expect(warnings).toEqual([
      expect.stringMatching(/^warning DURABLE_LAG: .*"ledger".*bus\.forgetDurable\("ledger"\)/),
    ])
  })

  it('that are far behind are reported again in another party, when the first one was deleted', async () => {
    const { runtime } = await startRuntime({ ...options, agents: [], snapshots: { every: 500, keep: 0 } })
    const warnings: string[] = []
    runtime.bus.errors(({ data }) => void warnings.push(data.message))
    const ledger = runtime.bus.subscribe(barked, () => {}, { durable: 'ledger' })
    await runtime.parties.create({ id: 'p0' })
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p0' })
    await settle()
    ledger.unsubscribe()
    for (const party of ['p1', 'p2']) {
      await runtime.parties.create({ id: party })
      for (let n = 0; n < 5; n++) {
        const barks = Array.from({ length: 1_000 }, () => runtime.bus.publish(command({ word: 'a' }), { party }))
        await Promise.all(barks)
        await settle()
      }
      await runtime.parties.delete(party)
    }
    expect(warnings).toEqual([expect.stringContaining('in "party/p1"'), expect.stringContaining('in "party/p2"')])
  })
})
