import {
  agentFailed,
  agentTypes,
  deadLettered,
  defineAgent,
  defineEvent,
  definePool,
  defineSupervisor,
  effect,
  type Hook,
  PartyFailedError,
  type Runtime,
} from 'troupe'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, createMachine, emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, trick, urgent } from '../support/pets.ts'
import { atEveryAppend, createProgram, lost, nothingLost, type Program } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'
import { deep } from '../support/values.ts'

const boom = command({ word: 'boom' })
const inP1 = { party: 'p1' }
const never = { max: 0, within: 1_000 }

const inner = defineSupervisor({ name: 'inner', intensity: never, agents: [dogAgent()] })

/** Fails at every call after the first ones. */
function failingAfter(calls: number): Hook {
  let count = 0
  return () => {
    if (++count > calls) throw new Error('no antenna')
  }
}

const warnings = ({ bus }: Pick<Runtime, 'bus'>) =>
  bus.history({ type: 'system.error' }).map(({ data }) => data as { readonly code: string })

describe('agents outside the parties whose supervisor gave up', () => {
  const options = { agents: [dogAgent()], intensity: never }

  it('begin anew in the next process, with the mail that waited, and a warning says which one gave up and why', async () => {
    const program = createProgram()
    const first = await program.start(options)
    await first.bus.publish(command({ word: 'sit' }))
    await first.bus.publish(command({ word: 'rest' }))
    await first.bus.publish(command({ word: 'later' }))
    // A resting dog leaves commands in its mailbox. It takes them when it gets up.
    await first.bus.publish({ type: 'pets.urgent', data: { word: 'up' } })
    await first.bus.publish(command({ word: 'rest' }))
    await first.bus.publish(boom)
    await first.bus.publish(command({ word: 'waits' }))
    await first.bus.publish({ type: 'pets.urgent', data: { word: 'up' } })
    await settle()
    const second = await program.start(options)
    await second.idle()
    expect(warnings(second)).toEqual([
      expect.objectContaining({
        severity: 'error',
        code: 'GAVE_UP',
        address: 'runtime/dog',
        message:
          'Before this start, "runtime/dog" would have been restart number 1 within 1000 ms, and its supervisor gave up. The last error was: boom. All agents outside the parties begin anew, with the mail that waits for them. Fix the agent, or allow more restarts.',
      }),
    ])
    expect(second.agent('dog').incarnation).toBe(2)
    expect(second.bus.history({ type: 'pets.barked' }).at(-1)?.data).toEqual({ word: 'waits', count: 1 })
    const third = await program.start(options)
    await third.idle()
    expect(third.agent('dog').incarnation).toBe(2)
    expect(third.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
  })

  it.each([
    ['in an onInit', [{ ...dogAgent(), onInit: failingAfter(1) }], 'onInit of "runtime/dog" failed: no antenna'],
    ['under an inner supervisor', [inner], 'runtime/dog: boom'],
  ])('begin anew with a warning of the error that made them give up %s', async (_, agents, error) => {
    const program = createProgram()
    const first = await program.start({ agents, intensity: { max: agents[0] === inner ? 0 : 1, within: 1_000 } })
    await first.bus.publish(boom)
    await settle()
    const second = await program.start({ agents: [dogAgent()], intensity: never })
    expect(warnings(second)).toEqual([
      expect.objectContaining({ code: 'GAVE_UP', message: expect.stringContaining(`The last error was: ${error}`) }),
    ])
  })

  it('begin anew in the process that spawns them again, if they are not registered', async () => {
    const program = createProgram()
    const cat = { ...dogAgent(), name: 'cat' }
    const unregistered = { events: [command, urgent], intensity: never }
    const first = await program.start(unregistered)
    for (const agent of [dogAgent(), cat]) await first.spawn(agent)
    await first.agent('cat').send(command({ word: 'nap' }))
    await first.agent('cat').send(command({ word: 'waits' }))
    await first.agent('dog').send(boom)
    await settle()
    // This process spawns no agent.
    await program.start({ ...unregistered, snapshots: { every: 1 } })
    await settle()
    for (let process = 3; process <= 4; process++) {
      const next = await program.start(unregistered)
      for (const agent of [dogAgent(), cat]) await next.spawn(agent)
      await next.idle()
      expect(next.agent('dog')).toMatchObject({ incarnation: 2 })
      expect(next.agent('cat')).toMatchObject({ incarnation: 2 })
      expect(next.agent('cat').snapshot()).toMatchObject({ value: 'awake', context: { count: 1 } })
    }
  })

  it('cannot be stopped for good, and their pools cannot be made smaller', async () => {
    const program = createProgram()
    const cats = definePool({ name: 'cats', agent: { ...dogAgent(), name: 'cat' }, size: 2 })
    const both = { agents: [dogAgent(), cats], intensity: never }
    const first = await program.start(both)
    const [dog, pets] = [first.agent('dog'), first.pool('cats')]
    for (const cat of pets.members) await cat.send(command({ word: 'rest' }))
    for (const cat of pets.members) await cat.send(command({ word: 'sit' }))
    const smaller = pets.scale(1)
    await dog.send(boom)
    await expect(smaller).rejects.toMatchObject({ code: 'ESCALATED' })
    for (const one of [dog, pets]) await expect(one.stop()).rejects.toMatchObject({ code: 'ESCALATED' })
    const second = await program.start(both)
    expect(second.pool('cats').size).toBe(2)
  })

  it('take no events after they gave up', async () => {
    const { runtime } = await startRuntime(options)
    await runtime.bus.publish(boom)
    await settle()
    expect(warnings(runtime).some(({ code }) => code === 'ESCALATED')).toBe(true)
    await expect(runtime.bus.publish(command({ word: 'sit' }))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ESCALATED|RUNTIME_STATE)$/),
    })
  })

  it('lose no event, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const acknowledged: string[] = []
      const isEnded = await program.until(ending, options, async runtime => {
        for (const word of ['a', 'boom', 'b'])
          await runtime.bus.publish(command({ word })).then(
            () => acknowledged.push(word),
            () => {},
          )
        await settle()
      })
      // No restart is allowed: a process that finds a failed agent gives up at once, and in the process after it the agents begin anew.
      const next = await program.start(options).catch(() => {})
      await next?.idle().catch(() => {})
      await settle()
      const last = await program.start(options)
      await last.idle()
      const heard = last.bus.history({ type: 'pets.barked' }).map(({ data }) => (data as { word: string }).word)
      for (const word of acknowledged) if (word !== 'boom') expect(heard).toContain(word)
      expect(last.agent('dog').snapshot()?.status).toBe('active')
      return isEnded
    })
  })
})

describe('a party whose supervisor gave up', () => {
  const options = { party: petsParty(dogAgent()), intensity: never }

  /** A party that has failed while one command waited behind the one on which its dog failed. */
  async function failedParty(program: ReturnType<typeof createProgram>) {
    const runtime = await program.start(options)
    const party = await runtime.parties.create({ id: 'p1', inputs: ['a dog'] })
    await runtime.bus.publish(command({ word: 'sit' }), inP1)
    await party.idle()
    await Promise.all([boom, command({ word: 'waits' })].map(one => runtime.bus.publish(one, inP1)))
    await settle()
    expect(party.state.status).toBe('error')
    return runtime
  }

  it('goes on when it is retried, with its state and its mail', async () => {
    const program = createProgram()
    const runtime = await failedParty(program)
    await expect(runtime.parties.get('p1').addInput('a cat')).rejects.toThrow(PartyFailedError)
    const party = await runtime.parties.retry('p1')
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 2 })
    expect(party.agent('dog')).toMatchObject({ incarnation: 2 })
    await party.addInput('a cat')
    expect(party.state.inputs.size).toBe(2)
    expect(runtime.bus.deadLetters.list().map(({ envelope, reason }) => [envelope.data, reason])).toEqual([
      [{ word: 'boom' }, 'failed'],
    ])
    expect(lost(runtime)).toEqual(nothingLost)
    // Nothing is handled a second time.
    expect(await runtime.bus.deadLetters.redrive({ reason: 'stopped' })).toBe(0)
    const next = await program.start(options)
    expect(next.parties.get('p1').state).toMatchObject({ status: 'planning', barks: 2 })
  })

  it('keeps its mail, which does not become dead letters, and ends the asks of its callers', async () => {
    const program = createProgram()
    const runtime = await program.start(options)
    const party = await runtime.parties.create({ id: 'p1' })
    const received: unknown[] = []
    runtime.bus.subscribe(deadLettered, ({ data }) => received.push(data.reason))
    const dog = party.agent('dog')
    for (const word of ['rest', 'boom', 'kept']) await dog.send(command({ word }))
    const refused = expect(dog.ask(trick, { name: 'sit' })).rejects.toMatchObject({ code: 'ASK_STOPPED' })
    await dog.send(urgent({ word: 'up' }))
    await refused
    await settle()
    expect(party.state.status).toBe('error')
    expect(received).toEqual(['failed'])
    expect(lost(runtime)).toEqual(nothingLost)
    expect(runtime.bus.deadLetters.purge()).toBe(1)
    await runtime.parties.retry('p1')
    await party.idle()
    expect(runtime.bus.history({ type: 'pets.barked' }).map(({ data }) => (data as { word: string }).word)).toEqual([
      'up',
      'kept',
    ])
    // The asker no longer waits for the answer.
    expect(runtime.bus.deadLetters.list().map(({ reason }) => reason)).toEqual(['stale'])
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('is reached through references from before, once it was retried', async () => {
    const program = createProgram()
    const cats = definePool({ name: 'cats', agent: { ...dogAgent(), name: 'cat' }, size: 2 })
    const pets = { ...options, party: petsParty(dogAgent(), cats) }
    const runtime = await program.start(pets)
    const party = await runtime.parties.create({ id: 'p1' })
    const dog = party.agent('dog')
    const pool = party.pool('cats')
    const [cat] = pool.members
    const watched: unknown[] = []
    const unwatch = dog.watch(({ context }) => watched.push(context))
    await dog.send(boom)
    await settle()
    expect(party.state.status).toBe('error')
    await expect(dog.send(command({ word: 'failed' }))).rejects.toThrow(PartyFailedError)
    await runtime.parties.retry('p1')
    await party.idle()
    watched.length = 0
    for (const ref of [dog, pool, cat]) await ref?.send(command({ word: 'back' }))
    await dog.ask(trick, { name: 'sit' })
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 3 })
    expect(watched.at(-1)).toMatchObject({ count: 1 })
    expect(dog.snapshot()?.context).toMatchObject({ count: 1 })
    expect([dog.incarnation, cat?.incarnation, pool.size]).toEqual([2, 1, 2])
    watched.length = 0
    unwatch()
    await pool.scale(3)
    await dog.stop()
    expect(watched).toEqual([])
    const next = await program.start(pets)
    await next.parties
      .get('p1')
      .pool('cats')
      .send(command({ word: 'next' }))
    await next.parties.get('p1').idle()
    expect(next.parties.get('p1').state).toMatchObject({ barks: 4 })
    expect(next.parties.get('p1').pool('cats').size).toBe(3)
  })

  it('refuses a delayed event from before the retry', async () => {
    const program = createProgram()
    const runtime = await program.start({ ...options, rateLimit: { perSecond: 1, burst: 1, exceeded: 'delay' } })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(boom, inP1)
    const waiting = runtime.bus.publish(command({ word: 'waits' }), inP1)
    const refused = expect(waiting).rejects.toThrow(PartyFailedError)
    await settle()
    expect(party.state.status).toBe('error')
    await runtime.parties.retry('p1')
    await program.clock.advance(2_000)
    await refused
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 0 })
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('goes on when it is retried in the next process, whose error says why it failed', async () => {
    const program = createProgram()
    await failedParty(program)
    const next = await program.start(options)
    await expect(next.parties.get('p1').addInput('a cat')).rejects.toThrow(
      'Party "p1" has failed: "party/p1/dog" would have been restart number 1 within 1000 ms',
    )
    const party = await next.parties.retry('p1')
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 2 })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('goes on when it is retried before its failure is durable', async () => {
    const journal = heldJournal()
    const { runtime } = await startRuntime({ ...options, journal })
    const party = await runtime.parties.create({ id: 'p1' })
    runtime.bus.subscribe(agentFailed, () => journal.hold())
    await runtime.bus.publish(boom, inP1)
    await settle()
    await expect(party.addInput('a cat')).rejects.toThrow(PartyFailedError)
    expect(party.state.status).toBe('planning')
    const retried = runtime.parties.retry('p1')
    await settle()
    journal.release()
    expect((await retried).state.status).toBe('planning')
    await runtime.bus.publish(command({ word: 'sit' }), inP1)
    await party.idle()
    expect(party.state).toMatchObject({ barks: 1 })
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('goes on when a subscriber retries it at once', async () => {
    const program = createProgram()
    const runtime = await program.start(options)
    const retried: Promise<unknown>[] = []
    runtime.bus.errors(({ data }) => {
      if (data.code === 'ESCALATED') retried.push(runtime.parties.retry('p1'))
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await Promise.all([boom, command({ word: 'waits' })].map(one => runtime.bus.publish(one, inP1)))
    await settle()
    expect(retried.length).toBeGreaterThan(0)
    expect(await Promise.all(retried)).toEqual([party])
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
  })

  it('fails again if its fault was not fixed, and may be retried again', async () => {
    const program = createProgram()
    const runtime = await failedParty(program)
    for (let times = 0; times < 3; times++) {
      const party = await runtime.parties.retry('p1')
      await party.idle()
      await runtime.bus.publish(boom, inP1)
      await settle()
      expect(party.state.status).toBe('error')
    }
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('is either failed or restored, wherever the process ends that retries it', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      await failedParty(program)
      const isEnded = await program.until(ending, options, async runtime => {
        const party = await runtime.parties.retry('p1')
        await party.idle()
      })
      const next = await program.start(options)
      const party = await next.parties.retry('p1')
      await party.idle()
      expect(party.state).toMatchObject({ status: 'planning', barks: 2 })
      return isEnded
    })
  })
})

describe('one event on which several agents fail', () => {
  const poison = defineEvent('poison.spilled', z.object({}))
  const fine = defineEvent('poison.cleaned', z.object({}))
  const heard = defineEvent('poison.heard', z.object({}))
  const fragile = (name: string) =>
    defineAgent({
      name,
      hears: [poison, fine],
      says: [heard],
      machine: setup({ types: agentTypes({ context: {}, hears: [poison, fine], says: [heard] }) }).createMachine({
        on: {
          'poison.spilled': {
            actions: assign(() => {
              throw new Error('cannot read that')
            }),
          },
          'poison.cleaned': { actions: emit(() => heard({})) },
        },
      }),
    })
  const agents = ['a', 'b', 'c', 'd', 'e'].map(fragile)

  it('counts as one restart: all of them go on', async () => {
    const { runtime } = await startRuntime({ agents })
    await runtime.bus.publish(poison({}))
    await runtime.idle()
    await runtime.bus.publish(fine({}))
    await runtime.idle()
    expect(runtime.bus.history({ type: heard.type })).toHaveLength(5)
    expect(runtime.bus.history({ type: 'agent.restarted' })).toHaveLength(5)
  })

  const explode = () => {
    throw new Error('cannot read that')
  }
  const cannot = effect('work', () => Promise.reject(new Error('cannot read that')))
  /** Machines inside the agents, by the way in which they fail. */
  const inside = {
    'failure inside': createMachine({ entry: assign(explode) }),
    'effect inside': setup({ actors: { work: cannot } }).createMachine({ invoke: { id: 'work', src: 'work' } }),
    'timer inside': createMachine({ after: { 1_000: { actions: assign(explode) } } }),
    'timer inside that leads to another': createMachine({
      initial: 'first',
      states: { first: { after: { 500: 'second' } }, second: { after: { 500: { actions: assign(explode) } } } },
    }),
  }

  describe.each([
    'effect',
    'timer',
    'failure inside',
    'effect inside',
    'timer inside',
    'timer inside that leads to another',
  ] as const)('in the work that it starts, such as an %s', what => {
    const state = what === 'effect' ? 'working' : what === 'timer' ? 'waiting' : 'around'
    const slow = (name: string) =>
      defineAgent({
        name,
        hears: [poison, fine],
        says: [heard],
        machine: setup({
          types: agentTypes({ context: {}, hears: [poison, fine], says: [heard] }),
          actors: { work: cannot, inner: inside[what === 'effect' || what === 'timer' ? 'timer inside' : what] },
          actions: { explode: assign(explode) },
        }).createMachine({
          initial: 'awake',
          on: { 'poison.cleaned': { actions: emit(() => heard({})) } },
          states: {
            awake: { on: { 'poison.spilled': state } },
            working: { invoke: { id: 'work', src: 'work' } },
            waiting: { after: { 1_000: { target: 'awake', actions: 'explode' } } },
            around: { invoke: { id: 'inner', src: 'inner' } },
          },
        }),
      })
    const given = { agents: ['a', 'b', 'c', 'd', 'e'].map(slow) }

    async function halfSeconds({ clock }: Pick<Program, 'clock'>) {
      for (let times = 0; times < 2; times++) {
        clock.advance(500)
        await settle()
      }
    }

    it('counts as one restart, also if the process ends before they restart', async () => {
      await atEveryAppend(async ending => {
        const program = createProgram()
        const isEnded = await program.until(ending, given, async runtime => {
          await runtime.bus.publish(poison({}))
          await settle()
          await halfSeconds(program)
        })
        const next = await program.start(given)
        await halfSeconds(program)
        await next.bus.publish(fine({}))
        await next.idle()
        expect(next.bus.history({ type: heard.type })).toHaveLength(5)
        return isEnded
      })
    })
  })

  it('counts as one restart if each agent has a supervisor that gives up because of it', async () => {
    const supervisors = agents.map(agent =>
      defineSupervisor({
        name: `${agent.name}-group`,
        intensity: never,
        agents: [defineSupervisor({ name: `${agent.name}-pair`, intensity: never, agents: [agent] })],
      }),
    )
    const { runtime } = await startRuntime({ agents: supervisors, intensity: { max: 1, within: 1_000 } })
    await runtime.bus.publish(poison({}))
    await runtime.idle()
    await runtime.bus.publish(fine({}))
    await runtime.idle()
    expect(runtime.bus.history({ type: heard.type })).toHaveLength(5)
  })

  it('counts as one restart if those supervisors give up and the process ends before they restart', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, { agents }, async runtime => {
        await runtime.bus.publish(poison({}))
        await runtime.idle()
      })
      const next = await program.start({ agents })
      await next.idle()
      await next.bus.publish(fine({}))
      await next.idle()
      expect(next.bus.history({ type: heard.type })).toHaveLength(5)
      return isEnded
    })
  })
})

describe('a machine that reaches a final state at its top', () => {
  const paymentAgent = (charge: () => number, restart?: 'permanent') =>
    defineAgent({
      name: 'payment',
      hears: [],
      says: [],
      ...(restart && { restart }),
      machine: setup({
        types: agentTypes({ context: {}, hears: [], says: [] }),
        actors: { charge: effect('charge', charge) },
      }).createMachine({
        context: {},
        initial: 'charging',
        states: {
          charging: { invoke: { src: 'charge', id: 'charge', onDone: 'paid' } },
          paid: { type: 'final' },
        },
        output: { at: new Date(0), receipt: 'r-1' },
      }),
    })

  it('is done, in this process and in the next, and its output is reported', async () => {
    const program = createProgram()
    let charges = 0
    const options = { agents: [paymentAgent(() => ++charges)] }
    const first = await program.start(options)
    await first.idle()
    expect(first.bus.history({ type: 'agent.done' }).map(({ data }) => data)).toEqual([
      { address: 'runtime/payment', incarnation: 1, output: { at: { $: ['date', 0] }, receipt: 'r-1' } },
    ])
    const second = await program.start(options)
    await second.idle()
    expect(charges).toBe(1)
  })

  it.each([
    ['of many levels', () => ({ deep: deep(249, inner => new Map([[1, inner]])) }), false],
    ['that can be read only once', () => onceRead(), true],
  ])('is done with an output %s, and the runtime goes on', async (_, output, isLost) => {
    const program = createProgram()
    const types = agentTypes({ context: {}, hears: [], says: [] })
    const machine = setup({ types }).createMachine({ initial: 'end', output, states: { end: { type: 'final' } } })
    const options = { agents: [defineAgent({ name: 'deep', hears: [], says: [], machine })] }
    const first = await program.start(options)
    await first.idle()
    expect(first.bus.history({ type: 'agent.done' }).map(({ data }) => Object.keys(data ?? {}))).toEqual([
      ['address', 'incarnation', ...(isLost ? [] : ['output'])],
    ])
    expect(first.bus.history({ type: 'system.error' }).length > 0).toBe(isLost)
    const second = await program.start(options)
    await second.idle()
    expect(second.bus.history({ type: 'agent.started' })).toEqual([])
  })

  it('starts again if its agent is permanent', async () => {
    let charges = 0
    const { runtime } = await startRuntime({
      agents: [paymentAgent(() => ++charges, 'permanent')],
      intensity: { max: 2, within: 1_000 },
    })
    await settle()
    expect(charges).toBe(3)
    await runtime.stop({ timeout: 0 })
  })
})

function onceRead(): object {
  let reads = 0
  return {
    get receipt() {
      if (++reads > 1) throw new Error('read twice')
      return 'r-1'
    },
  }
}
