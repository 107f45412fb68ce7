import { AgentStartError, agentTypes, defineAgent, PartyFailedError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, fromCallback, setup } from 'xstate'
import { barked, command, dogAgent, petsParty, runnerAgent, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

async function withDog(options?: Parameters<typeof dogAgent>[0]) {
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(options), trainerAgent('dog')) })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = (...words: string[]) =>
    Promise.all(words.map(word => runtime.bus.publish(command({ word }), { party: 'p1' })))
  const lifecycle = () =>
    runtime.bus
      .history({ type: 'agent.*', party: 'p1' })
      .filter(({ source: _, data }) => `${JSON.stringify(data)}`.includes('/dog'))
      .map(({ type }) => type)
  return { runtime, clock, party, say, lifecycle }
}

describe('an agent that fails', () => {
  it('is restarted under the same address, and handles the mail that waited', async () => {
    const { runtime, party, say } = await withDog()
    await say('a', 'boom', 'b', 'c')
    await party.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([
      { source: 'party/p1/dog', data: { word: 'a', count: 1 } },
      { source: 'party/p1/dog', data: { word: 'b', count: 1 } },
      { source: 'party/p1/dog', data: { word: 'c', count: 2 } },
    ])
    expect(party.agent('dog').incarnation).toBe(2)
  })

  it('keeps its subscribers', async () => {
    const { runtime, party, say } = await withDog()
    const seen: string[] = []
    runtime.bus.subscribe(barked, ({ data }) => void seen.push(data.word))
    await say('a', 'boom', 'b')
    await party.idle()
    expect(seen).toEqual(['a', 'b'])
  })

  it('is reported as failed, then as restarted', async () => {
    const { runtime, party, say, lifecycle } = await withDog()
    await say('boom')
    await party.idle()
    expect(lifecycle()).toEqual(['agent.started', 'agent.failed', 'agent.restarted'])
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { address: 'party/p1/dog', incarnation: 1, handled: 'pets.command', error: 'boom' } },
    ])
  })

  it('does not change its siblings', async () => {
    const { party, say } = await withDog()
    await say('boom', 'boom')
    await party.idle()
    expect(party.agent('dog').incarnation).toBe(3)
    expect(party.agent('trainer').incarnation).toBe(1)
  })

  it('is not restarted when it is temporary; its mail becomes dead letters', async () => {
    const { runtime, party, say, lifecycle } = await withDog({ restart: 'temporary' })
    await say('boom', 'b')
    await party.idle()
    expect(lifecycle()).toEqual(['agent.started', 'agent.failed', 'agent.stopped'])
    expect(runtime.bus.deadLetters.list({ reason: 'stopped' })).toMatchObject([{ envelope: { data: { word: 'b' } } }])
  })

  it('fails the asks that it was handling', async () => {
    const { party, say } = await withDog()
    const answer = party.agent('dog').ask(trick, { name: 'silence' })
    const failure = expect(answer).rejects.toMatchObject({ code: 'ASK_FAILED' })
    await say('boom')
    await failure
    await party.idle()
  })

  it('aborts its effects, and its party does not wait for them', async () => {
    const signals: AbortSignal[] = []
    const agent = runnerAgent((_, { signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    })
    const { runtime } = await startRuntime({ party: petsParty(agent) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    await settle()
    expect(signals).toHaveLength(1)
    await party.agent('dog').stop()
    expect(signals[0]?.aborted).toBe(true)
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
  })
})

describe('an agent that reaches its final state', () => {
  it.each([
    ['permanent', 2, ['agent.started', 'agent.done', 'agent.restarted']],
    ['transient', 1, ['agent.started', 'agent.done', 'agent.stopped']],
    ['temporary', 1, ['agent.started', 'agent.done', 'agent.stopped']],
  ] as const)('and is %s has the incarnation %i', async (restart, incarnation, events) => {
    const { party, say, lifecycle } = await withDog({ restart })
    await say('leave')
    await party.idle()
    expect(party.agent('dog').incarnation).toBe(incarnation)
    expect(lifecycle()).toEqual(events)
  })
})

describe('a supervisor whose agents restart too often', () => {
  it('gives up: the party fails, its agents stop, and waiting promises reject with the reason', async () => {
    const { runtime, party, say } = await withDog()
    await say('boom', 'boom', 'boom', 'boom')
    await expect(party.idle()).rejects.toBeInstanceOf(PartyFailedError)
    expect(party.state.status).toBe('error')
    expect(runtime.bus.history({ type: 'agent.escalated' })).toMatchObject([
      { data: { address: 'party/p1/dog', restarts: 4, within: 5_000 } },
    ])
    expect(runtime.bus.history({ type: 'agent.stopped', party: 'p1' }).map(({ data }) => data)).toMatchObject([
      { address: 'party/p1/trainer', reason: 'escalated' },
      { address: 'party/p1/dog', reason: 'escalated' },
    ])
    await expect(party.addInput('roll')).rejects.toBeInstanceOf(PartyFailedError)
  })

  it('does not count restarts from before the period', async () => {
    const { clock, party, say } = await withDog()
    for (let count = 0; count < 6; count++) {
      await say('boom')
      await party.idle()
      clock.advance(2_000)
    }
    expect(party.agent('dog').incarnation).toBe(7)
    expect(party.state.status).toBe('planning')
  })

  it('does not change other parties', async () => {
    const { runtime, say } = await withDog()
    const other = await runtime.parties.create({ id: 'other' })
    await say('boom', 'boom', 'boom', 'boom')
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'other' })
    await other.idle()
    expect(other.state.barks).toBe(1)
  })
})

describe('an agent that fails while it starts', () => {
  const brokenAgent = () => {
    const context: { ok: boolean } = { ok: false }
    const machine = setup({ types: agentTypes({ context, hears: [command], says: [] }) }).createMachine({
      context,
      entry: assign(() => {
        throw new Error('cannot wake up')
      }),
      on: { 'pets.command': {} },
    })
    return defineAgent({ name: 'broken', machine, hears: [command], says: [] })
  }

  it('makes the creation of its party fail with a typed error, and no party is left', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), brokenAgent()) })
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toBeInstanceOf(AgentStartError)
    expect(runtime.parties.list()).toEqual([])
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
  })

  it('makes its spawn fail with a typed error that has the cause', async () => {
    const { runtime } = await startRuntime({})
    await expect(runtime.spawn(brokenAgent())).rejects.toMatchObject({
      code: 'AGENT_START',
      address: 'runtime/broken',
      message: expect.stringContaining('cannot wake up'),
    })
  })
})

describe('the children of a crashed machine', () => {
  it('are stopped, which XState alone does not do', async () => {
    let running = 0
    const context: { none: null } = { none: null }
    const machine = setup({
      types: agentTypes({ context, hears: [command], says: [] }),
      actors: {
        ticker: fromCallback(() => {
          running++
          return () => {
            running--
          }
        }),
      },
    }).createMachine({
      context,
      invoke: { id: 'ticker', src: 'ticker' },
      on: {
        'pets.command': {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    })
    const agent = defineAgent({ name: 'parent', machine, hears: [command], says: [], restart: 'temporary' })
    const { runtime } = await startRuntime({ agents: [agent] })
    await settle()
    expect(running).toBe(1)
    await runtime.bus.publish(command({ word: 'go' }))
    await runtime.idle()
    expect(running).toBe(0)
  })
})
