import { agentTypes, defineAgent, defineEvent, type Frame, type Journal, memoryJournal } from 'troupe'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, createMachine, emit, enqueueActions, raise, sendParent, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, petsParty, runnerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const framesOf = async (journal: Journal, partition: string): Promise<readonly Frame[]> => {
  const frames: Frame[] = []
  for await (const frame of journal.read(partition)) frames.push(frame)
  return frames
}

async function withDog() {
  const journal = memoryJournal()
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()), journal })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = async (word: string) => {
    await runtime.bus.publish(command({ word }), { party: 'p1' })
    return party.idle()
  }
  return { runtime, party, say, frames: () => framesOf(journal, 'party/p1') }
}

describe('a step', () => {
  it('is one frame: the handled event, its outcome and all emitted events, under ids derived from the cause', async () => {
    const { say, frames } = await withDog()
    await say('sit')
    const all = await frames()
    const published = all.find(({ cause }) => cause.kind === 'outside')?.entries[0]
    const seq = published?.kind === 'event' ? published.envelope.seq : 0
    expect(all.at(-1)).toMatchObject({
      partition: 'party/p1',
      cause: {
        kind: 'step',
        agent: 'party/p1/dog',
        incarnation: 1,
        handled: seq,
        type: 'pets.command',
        outcome: 'handled',
      },
      entries: [
        {
          kind: 'event',
          envelope: { id: `party/p1/${seq}/dog/0`, type: 'pets.barked', data: { word: 'sit', count: 1 } },
        },
      ],
    })
  })

  it('has a position after those of its entries, and positions and times never run backwards', async () => {
    const { say, frames } = await withDog()
    for (const word of ['a', 'boom', 'b']) await say(word)
    const all = await frames()
    const positions = all.flatMap(({ position, entries }) => [
      ...entries.map(entry => ('seq' in entry ? entry.seq : entry.envelope.seq)),
      position,
    ])
    expect(positions).toEqual([...new Set(positions)].toSorted((one, other) => one - other))
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).toSorted((one, other) => one - other))
  })

  it('that does nothing at all is recorded as ignored', async () => {
    const { say, frames } = await withDog()
    await say('nothing')
    const outcomes = (await frames()).flatMap(({ cause }) =>
      cause.kind === 'step' ? [`${cause.type} ${cause.outcome}`] : [],
    )
    expect(outcomes).toEqual(['xstate.init handled', 'pets.command ignored'])
  })

  it('that throws leaves a failed frame, a dead letter and nothing else', async () => {
    const { runtime, party, say, frames } = await withDog()
    await say('boom')
    const failed = (await frames()).find(({ cause }) => cause.kind === 'step' && cause.outcome === 'failed')
    expect(failed).toMatchObject({
      cause: { error: 'boom', type: 'pets.command' },
      entries: [{ kind: 'dead', reason: 'failed' }],
    })
    expect(runtime.bus.deadLetters.list({ reason: 'failed' })).toMatchObject([
      { to: 'party/p1/dog', envelope: { data: { word: 'boom' } } },
    ])
    expect(party.state.barks).toBe(0)
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, failed: 1, handled: 0, dead: 0 })
  })

  it('whose custom action throws has failed: nothing was emitted, and its event is a dead letter', async () => {
    const { runtime, party, say, frames } = await withDog()
    await say('log-boom')
    const types = runtime.bus.history({ type: 'agent.*' }).map(({ type }) => type)
    expect(types).toEqual(['agent.started', 'agent.failed', 'agent.restarted'])
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, handled: 0, failed: 1 })
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', error: { message: 'log boom' } }])
    expect((await frames()).filter(({ cause }) => cause.kind === 'step' && cause.outcome === 'failed')).toHaveLength(1)
    expect(party.state.barks).toBe(0)
  })

  it('with no result but that of a custom action counts as handled', async () => {
    const heard: string[] = []
    const { runtime } = await startRuntime({ agents: [scribe(({ word }) => void heard.push(word))] })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(heard).toEqual(['sit'])
    expect(runtime.bus.metrics()).toMatchObject({ handled: 1, ignored: 0 })
  })

  it('whose custom action returns an event is warned about once: the event is not emitted', async () => {
    const { runtime } = await startRuntime({ agents: [scribe(({ word }) => barked({ word, count: 1 }))] })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'system.error' }).map(({ data }) => data)).toMatchObject([
      {
        severity: 'warning',
        code: 'EVENT_UNSAID',
        address: 'runtime/scribe',
        message: expect.stringContaining('emit('),
      },
    ])
    expect(runtime.bus.metrics()).toMatchObject({ handled: 2 })
  })

  it('whose custom action sends its agent the same event for ever fails after 10,000 rounds', async () => {
    const machine = setup({ types: agentTypes({ context: {}, hears: [command], says: [] }) }).createMachine({
      context: {},
      on: { 'pets.command': { actions: ({ self, event }) => self.send(event) } },
    })
    const dizzy = defineAgent({ name: 'dizzy', hears: [command], says: [], machine })
    const { runtime } = await startRuntime({ agents: [dizzy] })
    await runtime.bus.publish(command({ word: 'turn' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([{ data: { code: 'STEP_CIRCLE' } }])
    expect(runtime.agent('dizzy').incarnation).toBe(2)
  })
})

/** Does something with each command, and nothing else. */
function scribe(write: (said: { readonly word: string }) => unknown) {
  const machine = setup({ types: agentTypes({ context: {}, hears: [command], says: [] }) }).createMachine({
    context: {},
    on: { 'pets.command': { actions: ({ event }) => write(event.data) as void } },
  })
  return defineAgent({ name: 'scribe', hears: [command], says: [], machine })
}

describe('an async action', () => {
  const refuse = async () => {
    await Promise.resolve()
    throw new Error('no ink')
  }

  it('that rejects fails its agent, and says that actions are not awaited and effects are', async () => {
    const { runtime } = await startRuntime({ agents: [scribe(refuse)] })
    await runtime.bus.publish(command({ word: 'sit' }))
    await settle()
    expect(runtime.agent('scribe').incarnation).toBe(2)
    expect(runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)).toEqual([
      {
        address: 'runtime/scribe',
        incarnation: 1,
        handled: 'troupe.unkept',
        code: 'ACTION_REJECTED',
        error:
          'An action of "runtime/scribe" on "pets.command" returned a promise that rejected: no ink. Actions are not awaited, and effects are: invoke an effect(name, ...) for work that takes time, and handle its failure in onError.',
        stack: expect.stringMatching(/^Error: no ink\n +at refuse /),
      },
    ])
  })

  it('of the initial state fails its agent too', async () => {
    const machine = setup({ types: agentTypes({ context: {}, hears: [command], says: [] }) }).createMachine({
      context: {},
      entry: refuse,
    })
    const eager = defineAgent({ name: 'eager', hears: [command], says: [], machine })
    const { runtime } = await startRuntime({ agents: [eager] })
    await settle()
    expect(runtime.bus.history({ type: 'agent.failed' }).length).toBeGreaterThan(0)
    await runtime.stop()
  })

  it('that rejects after its agent was stopped is a warning', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const { runtime } = await startRuntime({ agents: [scribe(() => promise)] })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    await runtime.agent('scribe').stop()
    reject(new Error('no ink'))
    await settle()
    expect(runtime.bus.history({ type: 'system.error' })).toMatchObject([
      { data: { severity: 'warning', code: 'ACTION_REJECTED', address: 'runtime/scribe' } },
    ])
  })

  it.each(['then', 'catch'])('that returns something whose "%s" throws harms nobody', async field => {
    const trap = Object.defineProperty({}, field, {
      get() {
        throw new Error('hands off')
      },
    })
    const { runtime } = await startRuntime({ agents: [scribe(() => trap)] })
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.metrics()).toMatchObject({ handled: 1, failed: 0 })
  })
})

const go = defineEvent('wild.go', z.object({ how: z.string() }))
const said = defineEvent('wild.said', z.object({ text: z.string().max(3) }))
const unlisted = defineEvent('wild.unlisted', z.object({}))
const none: { count: number } = { count: 0 }

const circle = createMachine({
  initial: 'circling',
  states: { circling: { always: 'back' }, back: { always: 'circling' } },
})
const echo = createMachine({ on: { 'wild.go': { actions: sendParent(go({ how: 'both' })) } } })

const wildAgent = () => {
  const machine = setup({
    types: agentTypes({ context: none, hears: [go], says: [said] }),
    actors: { circle, echo },
  }).createMachine({
    id: 'wild',
    context: none,
    initial: 'ready',
    states: {
      ready: {
        on: {
          'wild.go': [
            {
              guard: ({ event }) => event.data.how === 'too-long',
              actions: emit({ type: 'wild.said', data: { text: 'too long' } }),
            },
            {
              guard: ({ event }) => event.data.how === 'flood',
              actions: enqueueActions(({ enqueue }) => {
                for (let count = 0; count < 10_001; count++) enqueue.emit(said({ text: 'x' }))
              }),
            },
            { guard: ({ event }) => event.data.how === 'parent', actions: sendParent({ type: 'wild.said' }) },
            { guard: ({ event }) => event.data.how === 'circle', target: 'circling' },
            { guard: ({ event }) => event.data.how === 'circle inside', target: 'watching' },
            { guard: ({ event }) => event.data.how === 'self', target: 'talking' },
            { guard: ({ event }) => event.data.how === 'both', target: 'playing' },
            {
              guard: ({ event }) => event.data.how === 'raise',
              actions: [raise({ type: 'wild.go', data: { how: 'two' } }), assign({ count: 1 })],
            },
            { actions: [assign(({ context }) => ({ count: context.count + 1 })), emit(said({ text: 'ok' }))] },
          ],
        },
      },
      watching: { invoke: { src: 'circle' } },
      talking: {
        entry: sendTo(({ self }) => self, go({ how: 'self' })),
        on: { 'wild.go': { target: 'talking', reenter: true } },
      },
      playing: {
        entry: sendTo('echo', go({ how: 'both' })),
        invoke: { id: 'echo', src: 'echo' },
        on: { 'wild.go': { actions: sendTo('echo', go({ how: 'both' })) } },
      },
      circling: { always: 'back' },
      back: { always: 'circling' },
    },
  })
  return defineAgent({ name: 'wild', machine, hears: [go], says: [said] })
}

describe('an agent that runs wild', () => {
  it.each([
    ['emits a payload that its schema refuses', 'too-long', 'Payload of "wild.said" is wrong'],
    ['wants more than 10,000 things at once', 'flood', 'more than 10000 outputs'],
    ['sends to its supervisor', 'parent', 'past its mailbox'],
    ['goes round in a circle of eventless transitions', 'circle', 'Infinite loop'],
    ['invokes a machine that goes round in such a circle', 'circle inside', 'Infinite loop'],
    ['sends itself events without end', 'self', 'more than 10000 events by itself'],
    ['and a machine inside it answer each other without end', 'both', 'more than 10000 events by itself'],
  ])('fails before its frame when it %s, and goes on', async (_, how, error) => {
    const { runtime } = await startRuntime({ agents: [wildAgent()] })
    await runtime.bus.publish(go({ how }))
    await runtime.bus.publish(go({ how: 'normal' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { error: expect.stringContaining(error) } },
    ])
    expect(runtime.bus.history({ type: 'wild.said' })).toMatchObject([{ data: { text: 'ok' } }])
  })

  it('cannot emit what its says does not list', async () => {
    const agent = wildAgent()
    const { runtime } = await startRuntime({ agents: [{ ...agent, says: [unlisted] }] })
    await runtime.bus.publish(go({ how: 'normal' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { error: expect.stringContaining('"wild" said "wild.said", but its says do not list "wild.said"') } },
    ])
  })

  it('cannot answer a request that its says does not list', async () => {
    const dog = dogAgent()
    const { runtime } = await startRuntime({ agents: [{ ...dog, says: [barked] }] })
    const asked = runtime.ask('runtime/dog', trick, { name: 'roll' })
    await expect(asked).rejects.toMatchObject({ code: 'ASK_FAILED' })
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { error: expect.stringContaining('Add the definition of "pets.trick" to the says of "dog"') } },
    ])
  })

  it('may raise events to itself within the step', async () => {
    const { runtime } = await startRuntime({ agents: [wildAgent()] })
    await runtime.bus.publish(go({ how: 'raise' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'wild.said' })).toHaveLength(1)
  })
})

describe('an effect', () => {
  it('runs only when the step that wanted it is durable', async () => {
    const journal = heldJournal()
    const runs: string[] = []
    const agent = runnerAgent(async word => {
      runs.push(word)
      return 'back'
    })
    const { runtime } = await startRuntime({ party: petsParty(agent), journal })
    const party = await runtime.parties.create({ id: 'p1' })
    journal.hold()
    const published = runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await settle()
    expect(journal.held).toBeGreaterThan(0)
    expect(runs).toEqual([])
    journal.release()
    await published
    await party.idle()
    expect(runs).toEqual(['far'])
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ data: { word: 'back' } }])
  })

  it('leaves its intent in the frame of the step, and its outcome at a position of its own', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ party: petsParty(runnerAgent(async () => 'back')), journal })
    const party = await runtime.parties.create({ id: 'p1' })
    const { seq } = await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const entries = (await framesOf(journal, 'party/p1')).flatMap(frame => frame.entries)
    const key = `party/p1/dog@${seq}/run`
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'effect', key, name: 'run' }))
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'outcome', key, ok: true, value: 'back' }))
  })

  it.each([
    ['throws', async () => Promise.reject(new Error('no legs'))],
    ['returns what a journal cannot give back', async () => () => 1],
  ])('that %s is an error of the invoke, not of the agent', async (_, run) => {
    const { runtime } = await startRuntime({ party: petsParty(runnerAgent(run)) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    await party.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ data: { word: 'tired' } }])
    expect(runtime.bus.history({ type: 'agent.failed' })).toEqual([])
  })

  it('makes everything that follows from it go back to the event that began it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(runnerAgent(async () => 'back')) })
    const party = await runtime.parties.create()
    const sent = await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    await party.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([
      { causationid: sent.id, correlationid: sent.correlationid },
    ])
  })
})
