import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AgentFailedError,
  agentFailed,
  agentTypes,
  ask,
  defineAgent,
  type EscalatedError,
  effect,
  errorOf,
  memoryJournal,
  systemError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { command, petsParty, trick } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { projectCopy } from '../support/project-copy.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const never = { max: 0, within: 1_000 }
const hears = [command, trick]

/** Throws the given value, on commands and while it handles tricks. */
function clumsy(thrown: unknown) {
  const says = [trick]
  return defineAgent({
    name: 'clumsy',
    hears,
    says,
    machine: setup({ types: agentTypes({ context: {}, hears, says }) }).createMachine({
      context: {},
      on: {
        '*': {
          actions: assign(function stumble() {
            throw thrown
          }),
        },
      },
    }),
  })
}

/** Waits for an effect that rejects, and does not handle its error. */
function unlucky(thrown: unknown) {
  const says = [trick]
  return defineAgent({
    name: 'clumsy',
    hears,
    says,
    machine: setup({
      types: agentTypes({ context: {}, hears, says }),
      actors: { work: effect('work', () => Promise.reject(thrown)) },
    }).createMachine({
      context: {},
      initial: 'free',
      states: { free: { on: { '*': 'busy' } }, busy: { tags: 'busy', invoke: { src: 'work', onDone: 'free' } } },
    }),
  })
}

/** An error with a cause, as a program would throw it. */
function stumbled(): Error {
  return new TypeError('no shoe', { cause: new RangeError('no foot') })
}

const itsPlaces =
  /^TypeError: no shoe\n +at stumbled .*crashes\.test\.ts[^]*\ncaused by: RangeError: no foot\n +at stumbled /

describe('a crash', () => {
  it('is reported with its stack and its cause, as an event of the agent and as an error', async () => {
    const { runtime } = await startRuntime({ party: petsParty(clumsy(stumbled())) })
    const reported: unknown[] = []
    runtime.bus.subscribe(agentFailed, ({ data }) => void reported.push(data))
    runtime.bus.errors(({ data }) => void reported.push(data))
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const stack: unknown = expect.stringMatching(itsPlaces)
    const address = 'party/p1/clumsy'
    expect(reported).toEqual([
      { address, incarnation: 1, handled: 'pets.command', error: 'no shoe', code: 'UNEXPECTED', stack },
      {
        severity: 'error',
        code: 'AGENT_FAILED',
        message: '"party/p1/clumsy" failed while it handled "pets.command": no shoe. Fix its machine.',
        address,
        stack,
      },
    ])
  })

  it('leaves out the stack frames of all files of the package', async () => {
    const thrown = new Error('no shoe')
    const place = '    at order (file:///app/shop.js:1:1)'
    const inside = '    at say (file:///app/node_modules/troupe/dist/src/events/sources/index.js:9:9)'
    thrown.stack = ['Error: no shoe', place, inside].join('\n')
    const { runtime } = await startRuntime({ party: petsParty(clumsy(thrown)) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { stack: `Error: no shoe\n${place}` } },
    ])
  })

  it('of an effect whose failure the machine does not handle names the outcome as the handled event', async () => {
    const { runtime } = await startRuntime({ party: petsParty(unlucky(new Error('no luck'))) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const [reported] = runtime.bus.history({ type: 'system.error' })
    expect(reported).toMatchObject({
      data: { message: expect.stringContaining('while it handled the outcome of what it had invoked: no luck') },
    })
  })

  it('leaves out the stack frames of the runtime, wherever it is installed', () => {
    const program = join(projectCopy({ installed: true }), 'crash.ts')
    writeFileSync(
      program,
      `import { createRuntime, defineAgent, defineEvent } from './src/index.ts'
       import { assign, setup } from 'xstate'
       import * as z from 'zod'
       const go = defineEvent('a.go', z.object({}))
       const fail = assign(() => { throw new Error('no') })
       const machine = setup({}).createMachine({ context: {}, on: { 'a.go': { actions: fail } } })
       const runtime = await createRuntime({ agents: [defineAgent({ name: 'a', hears: [go], says: [], machine })] }).start()
       runtime.bus.subscribe('agent.failed', ({ data }) => console.log(data.stack))
       await runtime.bus.publish(go({}))
       await runtime.stop()`,
    )
    const { stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
    expect(stdout).toMatch(/^Error: no\n {4}at .*crash\.ts:\d+:\d+\)?\n$/)
  })

  it('gives the same error object in the process where it happened', async () => {
    const error = stumbled()
    const { runtime } = await startRuntime({ party: petsParty(clumsy(error)) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const [failed] = runtime.bus.history({ type: agentFailed.type })
    const [reported] = runtime.bus.history({ type: systemError.type })
    const [letter] = runtime.bus.deadLetters.list()
    if (!failed || !reported || !letter) throw new Error('an event or the dead letter is missing')
    expect(errorOf(failed)).toBe(error)
    expect((errorOf(reported) as AgentFailedError).cause).toBe(error)
    expect(errorOf(letter)).toBe(error)
    expect(errorOf({})).toBe(undefined)
  })

  it('has code, message and stack in its dead letter, and in the next process too', async () => {
    const program = createProgram()
    const error = Object.assign(stumbled(), { code: 'E_SHOE', secret: 'sesame' })
    const first = await program.start({ party: petsParty(clumsy(error)) })
    const party = await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const words = { code: 'E_SHOE', message: 'no shoe', stack: expect.stringContaining('caused by: RangeError') }
    expect(first.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', error: words }])
    const second = await program.start({ party: petsParty(clumsy(error)) })
    const [letter] = second.bus.deadLetters.list()
    expect(letter).toMatchObject({ reason: 'failed', error: words })
    expect(JSON.stringify(letter)).not.toContain('sesame')
    expect(errorOf(letter ?? {})).toBe(undefined)
  })

  it('that made a party fail is the last cause of its error', async () => {
    const error = stumbled()
    const { runtime } = await startRuntime({ party: petsParty(clumsy(error)), intensity: never })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    const failed: unknown = await party.idle().catch((refusal: unknown) => refusal)
    expect(failed).toMatchObject({ code: 'PARTY_FAILED', cause: { code: 'ESCALATED' } })
    expect(((failed as Error).cause as EscalatedError).cause).toBe(error)
    expect(runtime.bus.history({ type: systemError.type }).map(({ data }) => data)).toMatchObject([
      { code: 'AGENT_FAILED' },
      { code: 'ESCALATED', stack: expect.stringMatching(itsPlaces) },
    ])
  })

  it('that made a party fail has its stack in the next process too', async () => {
    const program = createProgram()
    const options = { party: petsParty(clumsy(stumbled())), intensity: never }
    const first = await program.start(options)
    const party = await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await settle()
    expect(party.state.status).toBe('error')
    await party.idle().catch(() => {})
    const second = await program.start(options)
    const failed: unknown = await second.parties
      .get('p1')
      .idle()
      .catch((refusal: unknown) => refusal)
    expect(failed).toMatchObject({ code: 'PARTY_FAILED', cause: { code: 'ESCALATED', cause: { message: 'no shoe' } } })
    expect(((failed as Error).cause as EscalatedError).cause).toMatchObject({ stack: expect.stringMatching(itsPlaces) })
  })

  it.each([
    ['an action', clumsy],
    ['an effect whose error is not handled', unlucky],
  ])('in %s is the cause of the failed ask', async (_, agent) => {
    const error = stumbled()
    const { runtime } = await startRuntime({ party: petsParty(agent(error)) })
    const party = await runtime.parties.create({ id: 'p1' })
    const asked = party.agent('clumsy').ask(trick, { name: 'roll' })
    await expect(asked).rejects.toMatchObject({ code: 'ASK_FAILED', message: expect.stringContaining('no shoe') })
    expect(await asked.catch((refusal: Error) => refusal.cause)).toBe(error)
  })

  it('of a handler is the cause of the failed ask', async () => {
    const error = stumbled()
    const { runtime } = await startRuntime()
    const { address } = runtime.handle(trick, () => Promise.reject(error))
    const asked = runtime.ask(address, trick, { name: 'roll' })
    expect(await asked.catch((refusal: Error) => refusal.cause)).toBe(error)
  })

  it('of a durable subscriber is in the dead letter', async () => {
    const error = stumbled()
    const { runtime, clock } = await startRuntime({ party: petsParty() })
    await runtime.parties.create({ id: 'p1' })
    runtime.bus.subscribe(command, () => Promise.reject(error), { durable: 'ledger' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    for (let retries = 0; retries < 2; retries++) {
      await settle()
      clock.advance(60_000)
    }
    await settle()
    const [letter] = runtime.bus.deadLetters.list()
    expect(letter).toMatchObject({ reason: 'failed', error: { message: 'no shoe' } })
    expect(errorOf(letter ?? {})).toBe(error)
  })

  it('has a bounded message and a bounded stack in the journal', async () => {
    const journal = memoryJournal()
    const frames: string[] = []
    const { runtime } = await startRuntime({
      party: petsParty(clumsy(new Error('long'.repeat(1_000_000)))),
      journal: {
        ...journal,
        append: (partition, epoch, position, some, ...more) => {
          frames.push(JSON.stringify(some))
          return journal.append(partition, epoch, position, some, ...more)
        },
      },
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    expect(frames.some(frame => frame.includes('"failed"'))).toBe(true)
    expect(Math.max(...frames.map(frame => frame.length))).toBeLessThan(20_000)
  })
})

const fields: readonly string[] = ['message', 'stack', 'code', 'cause', 'name', 'toString', 'then', 'toJSON']

/** Thrown values that are hard to read. */
const hostile: readonly (readonly [string, () => unknown])[] = [
  ['a string', () => 'oh'],
  ['null', () => null],
  ['nothing', () => undefined],
  ['a symbol', () => Symbol('oh')],
  ['an object without a prototype', () => Object.create(null)],
  ['a frozen error', () => Object.freeze(new Error('frozen'))],
  [
    'an error whose causes form a circle',
    () => {
      const error = new Error('round')
      error.cause = new Error('and round', { cause: error })
      return error
    },
  ],
  [
    'an error whose fields throw',
    () => Object.defineProperties(new Error('x'), Object.fromEntries(fields.map(name => [name, { get: refuse }]))),
  ],
  [
    'an object whose fields throw',
    () => Object.defineProperties({}, Object.fromEntries(fields.map(name => [name, { get: refuse }]))),
  ],
  ['a proxy that refuses every access', () => new Proxy({}, refusing)],
  ['a proxy that has every field', () => new Proxy({}, { has: () => true, get: refuse })],
  ['a revoked proxy', () => revoked()],
  ['a function', () => refuse],
]

function refuse(): never {
  throw new Error('hands off')
}

const refusing: ProxyHandler<object> = {
  get: refuse,
  has: refuse,
  getPrototypeOf: refuse,
  ownKeys: refuse,
  getOwnPropertyDescriptor: refuse,
  set: refuse,
  defineProperty: refuse,
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Asks the agent that throws; resolves to the outcome. */
const asker = (name: string) => {
  const says = [trick]
  return defineAgent({
    name: 'asker',
    hears: [command],
    says,
    machine: setup({
      types: agentTypes({ context: {}, hears: [command], says }),
      actors: { ask: ask(trick, { to: name }) },
    }).createMachine({
      context: {},
      initial: 'free',
      states: {
        free: { on: { 'pets.command': 'asking' } },
        asking: {
          tags: 'busy',
          invoke: { src: 'ask', input: { name: 'roll' }, onDone: 'answered', onError: 'refused' },
        },
        answered: {},
        refused: {},
      },
    }),
  })
}

describe.each(hostile)('%s', (_, make) => {
  it('thrown by a handler fails the ask', async () => {
    const { runtime } = await startRuntime()
    const { address } = runtime.handle(trick, () => {
      throw make()
    })
    await expect(runtime.ask(address, trick, { name: 'roll' })).rejects.toMatchObject({ code: 'ASK_FAILED' })
  })

  it.each([
    ['an action', clumsy],
    ['an effect', unlucky],
  ])('thrown by %s fails its agent and the ask, and nothing else', async (_where, agent) => {
    const { runtime } = await startRuntime({ party: petsParty(agent(make()), asker('clumsy')) })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('asker').send(command({ word: 'ask' }))
    await party.idle()
    expect(party.agent('asker').snapshot()?.value).toBe('refused')
    expect(party.agent('clumsy').incarnation).toBe(2)
    expect(runtime.bus.history({ type: agentFailed.type })).toHaveLength(1)
    expect(party.state.status).toBe('planning')
  })
})
