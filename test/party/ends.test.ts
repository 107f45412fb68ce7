import { defineSupervisor, type Journal, memoryJournal } from 'troupe'
import { seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it, vi } from 'vitest'
import { collected } from '../support/heap.ts'
import { command, dogAgent, hoseAgent, petsParty, runnerAgent, spray, urgent } from '../support/pets.ts'
import { settle, startRuntime, suiteScheduler } from '../support/runtime.ts'

describe('a full mailbox', () => {
  it('keeps nothing in memory of publishers that gave up', async () => {
    const { runtime, clock } = await startRuntime({ agents: [dogAgent({ mailbox: { capacity: 1 } })] })
    const giveUp = async () => {
      const all = Array.from({ length: 2_000 }, () =>
        runtime.bus.publish(command({ word: 'sit' }), { timeout: 1 }).catch(() => {}),
      )
      clock.advance(1)
      await Promise.all(all)
    }
    await runtime.bus.publish(command({ word: 'rest' }))
    await runtime.idle()
    await runtime.bus.publish(command({ word: 'sit' }))
    await giveUp()
    const before = await collected()
    for (let n = 0; n < 5; n++) await giveUp()
    expect(((await collected()) - before) / 10_000).toBeLessThan(100)
  })

  it('lets a publisher wait no longer than its timeout, also if several mailboxes are full', async () => {
    const mailbox = { capacity: 1 }
    const twin = { ...dogAgent({ mailbox }), name: 'twin' }
    const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent({ mailbox }), twin) })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('dog').send(command({ word: 'nap' }))
    await party.agent('twin').send(command({ word: 'rest' }))
    for (const name of ['dog', 'twin']) await party.agent(name).send(command({ word: 'w0' }))
    let outcome = 'waits'
    const both = runtime.bus.publish(command({ word: 'both' }), { party: 'p1', timeout: 1_500 }).catch(({ code }) => {
      outcome = code
    })
    // The dog has room again after a second, and its twin never has.
    clock.advance(1_000)
    await settle()
    clock.advance(500)
    await settle()
    expect(outcome).toBe('MAILBOX_FULL')
    await both
  })

  it('gives one outcome to each event that only the journal holds, also when its agent ends and is started again with a sibling', async () => {
    const kennel = defineSupervisor({
      name: 'kennel',
      strategy: 'one_for_all',
      agents: [dogAgent({ mailbox: { capacity: 1 }, restart: 'transient' }), { ...dogAgent(), name: 'puppy' }],
    })
    const { journal, goOn } = haltingJournal()
    const { runtime } = await startRuntime({ party: petsParty(kennel, hoseAgent()), journal })
    const party = await runtime.parties.create({ id: 'p1' })
    const [dog, puppy] = [party.agent('dog'), party.agent('puppy')]
    await dog.send(command({ word: 'rest' }))
    await dog.send(command({ word: 'leave' }))
    for (const from of [0, 1, 2]) await runtime.bus.publish(spray({ from, count: 1 }), { party: 'p1' })
    await settle()
    expect(dog.mailbox.spilled).toBe(3)
    // The agent ends, and its waiting events are read back to become dead letters.
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await settle()
    expect(runtime.bus.history({ type: 'agent.stopped' })).toHaveLength(1)
    await puppy.send(command({ word: 'boom' }))
    await settle()
    expect(dog.incarnation).toBe(2)
    await settle()
    goOn()
    await party.idle()
    await settle()
    const { created, handled, ignored, failed, dead, waiting } = runtime.bus.metrics()
    expect({ waiting, outcomes: handled + ignored + failed + dead }).toEqual({ waiting: 0, outcomes: created })
  })
})

/** A journal that reads two frames with events at once, and the others when the test lets it. */
function haltingJournal() {
  const inner = memoryJournal()
  const { promise, resolve: goOn } = Promise.withResolvers<void>()
  const journal: Journal = {
    ...inner,
    async *read(partition, after) {
      let given = 0
      for await (const frame of inner.read(partition, after)) {
        if (frame.entries.some(({ kind }) => kind === 'event') && given++ === 2) await promise
        yield frame
      }
    },
  }
  return { journal, goOn }
}

describe('a runtime', () => {
  it('that is stopped waits for parties that are being deleted', async () => {
    const party = petsParty(dogAgent({ mailbox: { capacity: 1 } }), hoseAgent())
    const { runtime } = await startRuntime({
      party,
      journal: slowJournal(seededRandom(1), memoryJournal(), suiteScheduler),
    })
    const pets = await runtime.parties.create({ id: 'p1' })
    await pets.agent('dog').send(command({ word: 'rest' }))
    await runtime.bus.publish(spray({ from: 0, count: 5 }), { party: 'p1' })
    await pets.idle()
    const deleting = runtime.parties.delete('p1')
    await runtime.stop()
    const { created, handled, dead } = runtime.bus.metrics()
    await deleting
    expect(handled + dead).toBe(created)
    expect(runtime.bus.history({ type: 'system.*' }).at(-1)?.type).toBe('system.stopped')
    expect(runtime.bus.history({ type: 'system.party.quarantined' })).toEqual([])
  })

  it('counts the waiting events of parties that are being deleted', async () => {
    const party = petsParty(dogAgent({ mailbox: { capacity: 1 } }), hoseAgent())
    const { runtime } = await startRuntime({
      party,
      journal: slowJournal(seededRandom(1), memoryJournal(), suiteScheduler),
    })
    const pets = await runtime.parties.create({ id: 'p1' })
    await pets.agent('dog').send(command({ word: 'rest' }))
    await runtime.bus.publish(spray({ from: 0, count: 5 }), { party: 'p1' })
    await pets.idle()
    const deleting = runtime.parties.delete('p1')
    const { created, handled, dead, waiting } = runtime.bus.metrics()
    await deleting
    expect(handled + dead + waiting).toBe(created)
  })

  it('stops an agent that was spawned again under its old name before those that were there already', async () => {
    const { runtime } = await startRuntime()
    const a = await runtime.spawn(dogAgent(), { name: 'a' })
    await runtime.spawn(dogAgent(), { name: 'b' })
    await a.stop()
    await runtime.spawn(dogAgent(), { name: 'a' })
    await runtime.stop()
    const stopped = runtime.bus.history({ type: 'agent.stopped' }).slice(1)
    expect(stopped).toMatchObject([{ data: { address: 'runtime/a' } }, { data: { address: 'runtime/b' } }])
  })

  it('is idle only when the state of the agents outside the parties is durable', async () => {
    const inner = memoryJournal()
    const gate = Promise.withResolvers<void>()
    const journal: Journal = {
      ...inner,
      async append(partition, epoch, expectedPosition, frames) {
        const isStop = frames.some(({ entries }) => entries.some(({ kind }) => kind === 'escalated'))
        if (partition === 'runtime' && isStop) await gate.promise
        await inner.append(partition, epoch, expectedPosition, frames)
      },
    }
    const run = Promise.withResolvers<string>()
    const party = petsParty(runnerAgent(() => run.promise))
    const intensity = { max: 0, within: 1_000 }
    const { runtime } = await startRuntime({ agents: [dogAgent()], party, intensity, journal })
    const pets = await runtime.parties.create({ id: 'p1' })
    await pets.agent('dog').send(command({ word: 'run' }))
    let isIdle = false
    const idle = runtime.idle().then(() => {
      isIdle = true
    })
    await runtime.bus.publish(command({ word: 'boom' }))
    await settle()
    expect(runtime.bus.history({ type: 'agent.escalated' })).toHaveLength(1)
    run.resolve('home')
    await settle()
    const wasIdle = isIdle
    gate.resolve()
    await idle
    expect(wasIdle).toBe(false)
  })
})

describe('a running stop', () => {
  it.each([0, 500])('ends earlier when a second call gives it only %i ms', async timeout => {
    const { runtime, clock } = await startRuntime({ party: petsParty(runnerAgent(() => new Promise(() => {}))) })
    const pets = await runtime.parties.create({ id: 'p1' })
    await pets.agent('dog').send(command({ word: 'run' }))
    const first = runtime.stop()
    const second = runtime.stop({ timeout })
    clock.advance(timeout)
    await Promise.all([first, second])
    expect(runtime.bus.history({ type: 'system.stopped' }).map(({ data }) => data)).toEqual([{ drained: false }])
  })
})

describe('a supervisor that has given up', () => {
  it('sends no more events to stopped actors, of which XState would warn on the console', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const intensity = { max: 0, within: 1_000 }
    const agents = [dogAgent(), { ...dogAgent(), name: 'puppy' }]
    const { runtime } = await startRuntime({
      party: petsParty(defineSupervisor({ name: 'kennel', intensity, agents })),
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await party.idle()
    expect(warn).not.toHaveBeenCalled()
  })

  it('for good refuses new agents with an error', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const intensity = { max: 0, within: 1_000 }
    const kennel = defineSupervisor({ name: 'kennel', restart: 'temporary', intensity, agents: [dogAgent()] })
    const { runtime } = await startRuntime({ party: petsParty(kennel, hoseAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('dog').send(command({ word: 'boom' }))
    await party.idle()
    const late = { ...dogAgent(), name: 'late' }
    await expect(runtime.spawn(late, { party: 'p1', supervisor: 'kennel' })).rejects.toMatchObject({
      code: 'NO_SUPERVISOR',
    })
  })
})

it('a stopped agent has a snapshot with the status "stopped"', async () => {
  const { runtime } = await startRuntime()
  const dog = await runtime.spawn(dogAgent())
  await dog.stop()
  expect(dog.snapshot()?.status).toBe('stopped')
})

it('a party that is being created when the runtime stops is taken back before the journal is closed', async () => {
  const inner = memoryJournal()
  const calls: string[] = []
  const journal: Journal = {
    ...inner,
    delete: async (...which) => {
      await settle()
      calls.push('deleted')
      await inner.delete(...which)
    },
    close: async () => {
      calls.push('closed')
    },
  }
  const slow = { ...dogAgent(), onInit: () => new Promise<void>(() => {}) }
  const { runtime } = await startRuntime({ journal, party: petsParty(slow) })
  const created = runtime.parties.create({ id: 'p1' })
  const refused = expect(created).rejects.toMatchObject({ code: 'AGENT_START' })
  await settle()
  await runtime.stop({ timeout: 0 })
  await refused
  expect(calls).toEqual(['deleted', 'closed'])
})
