import { JournalAppendError, memoryJournal, TroupeError } from 'troupe'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

async function held() {
  const journal = heldJournal()
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')), journal })
  const party = await runtime.parties.create({ id: 'p1' })
  await party.idle()
  journal.hold()
  return { journal, runtime, clock, party }
}

/** Whether a promise is settled after all work that does not need the journal. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  promise.then(end, end)
  await settle()
  return isOver
}

describe('nothing leaves a party before it is durable', () => {
  it.each([
    ['an added input', ({ party }: Held) => party.addInput('sit')],
    ['a published event', ({ runtime }: Held) => runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })],
    ['an event sent to one agent', ({ party }: Held) => party.agent('dog').send(command({ word: 'sit' }))],
    ['the answer to an ask', ({ runtime }: Held) => runtime.ask('party/p1/dog', trick, { name: 'roll' })],
    ['a new party', ({ runtime }: Held) => runtime.parties.create({ inputs: ['sit'] })],
    ['a spawned agent', ({ runtime }: Held) => runtime.spawn(dogAgent())],
    ['a stopped agent', ({ party }: Held) => party.agent('dog').stop()],
  ])('%s', async (_, act) => {
    const given = await held()
    const promise = act(given)
    expect(await isSettled(promise)).toBe(false)
    given.journal.release()
    await promise
  })

  it('the result of idle', async () => {
    const { journal, party } = await held()
    const added = party.addInput('sit')
    const resting = party.idle()
    expect(await isSettled(resting)).toBe(false)
    journal.release()
    await added
    expect(await resting).toMatchObject({ reason: 'settled' })
  })

  it('the events, states and snapshots that subscribers and watchers get', async () => {
    const { journal, runtime, party } = await held()
    const seen: string[] = []
    runtime.bus.subscribe('pets.*', ({ type }) => seen.push(type))
    party.watch(({ barks }) => seen.push(`barks ${barks}`))
    const { version } = party
    const published = runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    // The agent has handled the event, ahead of the watermark.
    await settle()
    expect(runtime.bus.metrics().handled).toBeGreaterThan(0)
    expect(await isSettled(published)).toBe(false)
    expect(seen).toEqual([])
    expect(party.version).toBe(version)
    expect(party.agent('dog').snapshot()?.context).toMatchObject({ count: 0 })
    expect(runtime.bus.history({ type: 'pets.*' })).toEqual([])
    journal.release()
    await published
    await party.idle()
    expect(seen).toEqual(['pets.command', 'barks 1', 'pets.barked'])
    expect(party.version).toBe(version + 1)
    expect(party.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
  })

  it('a question to an agent outside the party', async () => {
    const journal = heldJournal()
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent(undefined)), agents: [dogAgent()], journal })
    const party = await runtime.parties.create({ id: 'p1' })
    journal.hold()
    const added = party.addInput('roll')
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    expect(await isSettled(added)).toBe(false)
    expect(runtime.bus.metrics().created).toBe(1)
    journal.release()
    await party.idle()
    expect(party.state.said).toEqual(['roll'])
  })
})

describe('a journal that refuses', () => {
  it('makes the promises of its party reject with a typed error, and the party is quarantined and reported', async () => {
    const { journal, runtime, party } = await held()
    const pending = [
      party.addInput('sit'),
      runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' }),
      party.idle(),
      runtime.ask('party/p1/dog', trick, { name: 'roll' }),
    ]
    const settled = Promise.allSettled(pending)
    journal.failFor('party/p1', new Error('disk full'))
    journal.release()
    for (const result of await settled) {
      expect(result.status).toBe('rejected')
      expect(result).toHaveProperty('reason', expect.any(TroupeError))
    }
    await expect(party.addInput('roll')).rejects.toBeInstanceOf(JournalAppendError)
    await expect(party.idle()).rejects.toBeInstanceOf(JournalAppendError)
    expect(party.state).toMatchObject({ status: 'error', barks: 0 })
    expect(party.state.inputs.size).toBe(0)
    await runtime.idle()
    expect(runtime.bus.history({ type: 'system.party.quarantined' })).toMatchObject([
      { data: { partyId: 'p1', reason: expect.stringContaining('disk full') } },
    ])
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([
      { data: { severity: 'error', code: 'JOURNAL_APPEND' } },
    ])
  })

  it('does not change other parties', async () => {
    const { journal, runtime, party } = await held()
    journal.failFor('party/p1', new Error('disk full'))
    journal.release()
    await expect(party.addInput('sit')).rejects.toBeInstanceOf(JournalAppendError)
    const other = await runtime.parties.create({ inputs: ['roll'] })
    await other.idle()
    expect(other.state.said).toEqual(['roll'])
  })

  it('does not keep the runtime from stopping', async () => {
    const { journal, runtime, party } = await held()
    journal.failFor('party/p1', new Error('disk full'))
    journal.release()
    await party.addInput('sit').catch(() => {})
    await runtime.stop()
    expect(runtime.bus.history({ type: 'system.stopped' })).toHaveLength(1)
  })

  it('makes the creation of a party fail, and leaves no party', async () => {
    const journal = heldJournal(memoryJournal())
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), journal })
    journal.failFor('party/p2', new Error('disk full'))
    await expect(runtime.parties.create({ id: 'p2', inputs: ['sit'] })).rejects.toBeInstanceOf(JournalAppendError)
    expect(runtime.parties.list()).toEqual([])
  })
})

type Held = Awaited<ReturnType<typeof held>>
