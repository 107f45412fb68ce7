import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Agent,
  type Around,
  agentTypes,
  createRuntime,
  defineAgent,
  defineEvent,
  defineRequest,
  effect,
  memoryJournal,
  type SpanFacts,
} from 'troupe'
import { createSimulatedClock, heldJournal, type RecordedSpan, recordSpans, seededRandom } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { cakesParty, cancelled, ordered } from './support/cakes.ts'
import { command, dogAgent } from './support/pets.ts'
import { createProgram } from './support/program.ts'
import { settle, startRuntime, turn } from './support/runtime.ts'
import { price } from './support/shops.ts'

const inP1 = { party: 'p1' }
const forEver = () => new Promise<never>(() => {})

/** The trees of what was ordered, without appends. */
const ofOrders = ({ facts, parent }: RecordedSpan) =>
  facts.kind !== 'append' && (parent !== undefined || (facts.kind === 'publish' && facts.types[0] === 'cakes.ordered'))

/** The spans below one that are no appends. */
const stepsBelow = (span: RecordedSpan | undefined) =>
  span?.children.filter(({ facts }) => facts.kind !== 'append') ?? []

/** A party of a baker and a shop whose spans are recorded. */
async function bakery(...cakes: Parameters<typeof cakesParty>) {
  const clock = createSimulatedClock()
  const recorder = recordSpans(clock)
  const { runtime } = await startRuntime({ party: cakesParty(...cakes), clock, around: recorder })
  const party = await runtime.parties.create({ id: 'p1' })
  return { runtime, clock, recorder, party, order: () => runtime.bus.publish(ordered({ of: 'plum' }), inP1) }
}

describe('the spans of a runtime', () => {
  it('are one tree, from a publish through an effect and an ask to the last step', async () => {
    const { clock, recorder, party, order } = await bakery({
      bake: async () => await new Promise(done => clock.after(20, () => done('cake'))),
    })
    await order()
    await settle()
    expect(clock.pending).toBeGreaterThan(0)
    expect(recorder.print()).toContain('effect bake')
    clock.advance(20)
    await party.idle()
    expect(recorder.print(ofOrders).split('\n')).toEqual([
      'publish cakes.ordered: 0 ms',
      '  step party/p1/baker cakes.ordered: 0 ms',
      '    effect bake: 20 ms',
      '      step party/p1/baker outcome: 0 ms',
      '        ask shops.price party/p1/baker -> party/p1/shop: 0 ms',
      '          step party/p1/shop shops.price: 0 ms',
      '          step party/p1/baker outcome: 0 ms',
    ])
  })

  it('show attempts of an effect as siblings, each with its own time and error', async () => {
    const { clock, recorder, party, order } = await bakery({
      bake: (_, { attempt }) => {
        if (attempt === 1) throw Object.assign(new Error('no milk'), { code: 'NO_MILK' })
        return forEver()
      },
      baking: { retries: 1, backoff: { initial: 100, jitter: 0 }, timeout: 50 },
    })
    await order()
    await settle()
    expect(recorder.print()).toContain('UNEXPECTED')
    clock.advance(100)
    await settle()
    expect(recorder.print()).toContain('bake #2')
    clock.advance(50)
    await party.idle()
    expect(recorder.print(ofOrders).split('\n')).toEqual([
      'publish cakes.ordered: 0 ms',
      '  step party/p1/baker cakes.ordered: 0 ms',
      '    effect bake: 0 ms, UNEXPECTED',
      '    effect bake #2: 50 ms, EFFECT_TIMEOUT',
      '      step party/p1/baker outcome: 0 ms',
    ])
  })

  it('show that an agent gave up its effect', async () => {
    const { runtime, clock, recorder, party, order } = await bakery({ bake: forEver })
    await order()
    await settle()
    expect(recorder.print()).toContain('effect bake')
    clock.advance(7)
    await runtime.bus.publish(cancelled({}), inP1)
    await party.idle()
    expect(recorder.print(ofOrders)).toContain('    effect bake: 7 ms, cancelled')
  })

  it('show an ask that nobody answered in time', async () => {
    const { clock, recorder, party, order } = await bakery({ asking: { deadline: 300 } }, 'waits')
    await order()
    await settle()
    expect(recorder.print()).toContain('step party/p1/shop shops.price')
    clock.advance(300)
    await party.idle()
    expect(recorder.print(ofOrders).split('\n').slice(4)).toEqual([
      '        ask shops.price party/p1/baker -> party/p1/shop: 300 ms, ASK_TIMEOUT',
      '          step party/p1/shop shops.price: 0 ms',
      '          step party/p1/baker outcome: 0 ms',
    ])
  })

  it('show an ask whose callee is not there', async () => {
    const { recorder, party, order } = await bakery({ asking: { to: 'nobody' } })
    await order()
    await party.idle()
    expect(recorder.print(ofOrders).split('\n').slice(4)).toEqual([
      '        ask shops.price party/p1/baker -> nobody: 0 ms, NO_ADDRESS',
      '          step party/p1/baker outcome: 0 ms',
    ])
  })

  it('show an ask that its caller gave up', async () => {
    const { runtime, recorder } = await bakery({}, 'waits')
    const giving = new AbortController()
    const asking = runtime.ask('party/p1/shop', price, { of: 'plum' }, { signal: giving.signal })
    giving.abort()
    await expect(asking).rejects.toMatchObject({ code: 'ASK_CANCELLED' })
    expect(recorder.print()).toContain('ask shops.price outside -> party/p1/shop: 0 ms, cancelled')
  })

  it('show a step that failed, the restart that it led to, and a second attempt at the same event', async () => {
    const clock = createSimulatedClock()
    const recorder = recordSpans(clock)
    const dog: Agent = { ...dogAgent(), onCrash: 'redeliver' }
    const { runtime } = await startRuntime({ agents: [dog], clock, around: recorder })
    await runtime.bus.publish(command({ word: 'boom' }))
    await runtime.idle()
    const publish = recorder.roots.find(({ facts }) => facts.kind === 'publish')
    const steps = stepsBelow(publish)
    expect(steps.map(({ facts, how }) => [facts.kind === 'step' && facts.attempt, how?.status])).toEqual([
      [1, 'error'],
      [2, 'error'],
      [3, 'error'],
      [4, 'error'],
    ])
    for (const step of steps.slice(0, 3))
      expect(stepsBelow(step).map(({ facts }) => facts)).toMatchObject([{ type: 'xstate.init' }])
  })

  it('show a publish that was refused', async () => {
    const { runtime, recorder } = await bakery()
    await expect(runtime.bus.publish({ type: 'cakes.ordered', data: { of: 1 } }, inP1)).rejects.toThrow()
    expect(recorder.print(ofOrders)).toBe('publish cakes.ordered: 0 ms, EVENT_PAYLOAD')
  })

  it('show which append a publish waited for, and link the steps whose frames it holds too', async () => {
    const clock = createSimulatedClock()
    const recorder = recordSpans(clock)
    const journal = heldJournal(memoryJournal())
    const { runtime } = await startRuntime({ agents: [dogAgent()], journal, clock, around: recorder })
    journal.hold()
    const published = [runtime.bus.publish(command({ word: 'sit' })), runtime.bus.publish(command({ word: 'stay' }))]
    await turn()
    clock.advance(30)
    journal.release()
    await Promise.all(published)
    const sit = recorder.roots.find(({ facts }) => facts.kind === 'publish')
    expect(recorder.print(({ facts }) => facts.kind !== 'step')).toContain(
      'publish pets.command: 30 ms\n  append runtime 2: 30 ms',
    )
    const append = sit?.children.find(({ facts }) => facts.kind === 'append')?.facts
    expect(append?.kind === 'append' && append.links).toHaveLength(1)
  })

  it('say what they are about, and nothing of payloads', async () => {
    const seen: unknown[][] = []
    const around: Around = { begin: (...given) => void seen.push(given) }
    const { runtime } = await startRuntime({ party: cakesParty(), around })
    const party = await runtime.parties.create({ id: 'p1' })
    const { id } = await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
    await party.idle()
    const of = (kind: SpanFacts['kind'], type?: string) =>
      seen
        .map(([facts]) => facts as SpanFacts)
        .find(one => one.kind === kind && (!type || ('type' in one && one.type === type)))
    const here = { partition: 'party/p1', party: 'p1' }
    expect(of('publish', undefined)).toEqual({ kind: 'publish', ...here, cause: undefined, types: ['cakes.ordered'] })
    expect(of('step', 'cakes.ordered')).toMatchObject({
      ...here,
      agent: 'party/p1/baker',
      id,
      cause: undefined,
      attempt: 1,
    })
    expect(of('step', 'outcome')).toMatchObject({ ...here, id: undefined, cause: id })
    expect(of('work')).toMatchObject({
      ...here,
      cause: id,
      work: 'effect',
      name: 'bake',
      attempt: 1,
      isRecovered: false,
    })
    expect(of('ask')).toMatchObject({
      ...here,
      cause: id,
      from: 'party/p1/baker',
      to: 'party/p1/shop',
      isRecovered: false,
    })
    expect(JSON.stringify(seen)).not.toContain('plum')
    expect(new Set(seen.map(({ length }) => length))).toEqual(new Set([2]))
  })

  it('hold payloads where they are asked for', async () => {
    const clock = createSimulatedClock()
    const recorder = recordSpans(clock, { payloads: true })
    const { runtime } = await startRuntime({ party: cakesParty(), clock, around: recorder })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
    await party.idle()
    const publish = recorder.roots.find(span => ofOrders(span))
    const [step] = stepsBelow(publish)
    const [bake] = stepsBelow(step)
    expect([publish, step, bake].map(span => span?.payload)).toEqual([{ of: 'plum' }, { of: 'plum' }, 'plum'])
  })
})

describe('code inside a span', () => {
  const ring = defineEvent('doors.ring', z.object({}))
  const open = defineRequest('doors.open', { input: z.object({}), output: z.object({ by: z.string() }) })

  /** An agent whose action, and whose effect, note the span that they are in. */
  async function doors() {
    const clock = createSimulatedClock()
    const recorder = recordSpans(clock)
    const seen: (string | undefined)[] = []
    const see = () => void seen.push(recorder.current?.facts.kind)
    const porter = defineAgent({
      name: 'porter',
      hears: [ring],
      says: [],
      machine: setup({
        types: agentTypes({ context: {}, hears: [ring], says: [] }),
        actors: {
          look: effect('look', async () => {
            await turn()
            see()
            await runtime.bus.publish(command({ word: 'sit' }))
          }),
        },
      }).createMachine({
        context: {},
        initial: 'idle',
        states: {
          idle: { on: { 'doors.ring': { target: 'looking', actions: see } } },
          looking: { invoke: { src: 'look' } },
        },
      }),
    })
    const { runtime } = await startRuntime({ agents: [porter, dogAgent()], clock, around: recorder })
    return { runtime, recorder, seen, see }
  }

  it('sees it as the current one, in a step and in an effect, also after it has waited', async () => {
    const { runtime, seen } = await doors()
    await runtime.bus.publish(ring({}))
    await runtime.idle()
    expect(seen).toEqual(['step', 'work'])
  })

  it('publishes below it, out of an effect', async () => {
    const { runtime, recorder } = await doors()
    await runtime.bus.publish(ring({}))
    await runtime.idle()
    expect(recorder.print(({ facts }) => facts.kind !== 'append')).toContain(
      ['    effect look: 0 ms', '      publish pets.command: 0 ms', '        step runtime/dog pets.command: 0 ms'].join(
        '\n',
      ),
    )
  })

  it('is answered below it, by a handler that publishes', async () => {
    const { runtime, recorder, seen, see } = await doors()
    runtime.handle(open, async () => {
      await turn()
      see()
      await runtime.bus.publish(command({ word: 'sit' }))
      return { by: 'hand' }
    })
    await runtime.ask('runtime/doors-open', open, {})
    await runtime.idle()
    expect(seen).toEqual(['handler'])
    expect(recorder.print(({ facts }) => facts.kind !== 'append')).toContain(
      [
        'ask doors.open outside -> runtime/doors-open: 0 ms',
        '  handler runtime/doors-open doors.open: 0 ms',
        '    publish pets.command: 0 ms',
        '      step runtime/dog pets.command: 0 ms',
      ].join('\n'),
    )
  })
})

describe('what a span sends along', () => {
  it('is in the envelope of what a step says, and not there while nobody follows', async () => {
    const { runtime, order, party } = await bakery()
    await order()
    await party.idle()
    expect(runtime.bus.history({ type: 'cakes.sold' })[0]?.trace).toEqual({ span: expect.any(String) })
    const { runtime: other } = await startRuntime({ agents: [dogAgent()] })
    expect((await other.bus.publish(command({ word: 'sit' }))).trace).toBeUndefined()
  })

  it('goes through a crash: the effect that is done again is a sibling of its first attempt', async () => {
    const program = createProgram()
    const around = recordSpans(program.clock)
    const away = { party: cakesParty({ bake: forEver }), around }
    await program.until(
      () => undefined,
      away,
      async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
        await settle()
        expect(around.print()).toContain('effect bake')
      },
    )
    const next = await program.start({ party: cakesParty(), around })
    await next.idle()
    expect(around.print(ofOrders).split('\n')).toEqual([
      'publish cakes.ordered: 0 ms',
      '  step party/p1/baker cakes.ordered: 0 ms',
      '    effect bake: not ended',
      '    effect bake #2: 0 ms',
      '      step party/p1/baker outcome: 0 ms',
      '        ask shops.price party/p1/baker -> party/p1/shop: 0 ms',
      '          step party/p1/shop shops.price: 0 ms',
      '          step party/p1/baker outcome: 0 ms',
    ])
  })

  it('goes through a crash with an event that nobody has handled, and with an ask that nobody has answered', async () => {
    const program = createProgram()
    const around = recordSpans(program.clock)
    const silent = { party: cakesParty({}, 'waits'), around }
    await program.until(
      () => undefined,
      silent,
      async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
        await settle()
        expect(around.print()).toContain('step party/p1/shop shops.price')
        await runtime.bus.publish(ordered({ of: 'apple' }), inP1)
      },
    )
    const next = await program.start(silent)
    await turn()
    program.clock.advance(60_000)
    await settle()
    expect(around.print(ofOrders).match(/ASK_TIMEOUT/g) ?? []).toHaveLength(1)
    await settle()
    expect(around.print(ofOrders)).toContain(
      'publish cakes.ordered: 0 ms\n  step party/p1/baker cakes.ordered: 0 ms\n    effect bake: 0 ms\n      step',
    )
    const [plum, apple] = around.roots.filter(span => ofOrders(span))
    expect(plum?.children.length).toBeGreaterThan(0)
    expect(apple?.children.filter(({ facts }) => facts.kind === 'step')).toHaveLength(1)
    const asks = around
      .print(ofOrders)
      .split('\n')
      .filter(line => line.includes('ask shops.price'))
    expect(asks.slice(0, 2)).toEqual([
      '        ask shops.price party/p1/baker -> party/p1/shop: not ended',
      '        ask shops.price party/p1/baker -> party/p1/shop: 60000 ms, ASK_TIMEOUT',
    ])
    await next.stop({ timeout: 0 })
  })

  it('is not there in journals that were written while nobody followed, which are read as ever', async () => {
    const program = createProgram()
    await program.until(
      () => undefined,
      { party: cakesParty({ bake: forEver }) },
      async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
        await turn()
      },
    )
    const around = recordSpans(program.clock)
    const next = await program.start({ party: cakesParty(), around })
    await next.idle()
    expect(next.parties.get('p1').state.sold).toHaveLength(1)
    expect(around.print(({ facts }) => facts.kind !== 'append')).toMatch(/^effect bake( #2)?: 0 ms\n {2}step/m)
  })

  it('is refused where an imported journal holds what cannot be one', async () => {
    const { runtime, party, order } = await bakery()
    await order()
    await party.idle()
    const lines: string[] = []
    for await (const line of runtime.parties.export('p1')) lines.push(line)
    await runtime.parties.delete('p1')
    const long = lines.map(line => line.replace(/"trace":\{"span":"\d+"\}/, `"trace":{"span":"${'x'.repeat(3_000)}"}`))
    await expect(runtime.parties.import(long)).rejects.toMatchObject({ code: 'PARTY_IMPORT' })
    await runtime.parties.import(lines)
    expect(runtime.parties.get('p1').state.sold).toEqual(['1'])
  })

  it('is that of all who follow, of whom each begins with the contexts of all', async () => {
    const parents: unknown[] = []
    const other: Around = {
      begin(_, parent) {
        parents.push(parent)
        return { trace: { other: 'o', span: 'mine' }, end: () => {} }
      },
    }
    const clock = createSimulatedClock()
    const { runtime } = await startRuntime({ agents: [dogAgent()], clock, around: [recordSpans(clock), other] })
    const { trace } = await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(trace).toEqual({ span: expect.stringMatching(/^\d+$/), other: 'o' })
    expect(parents).toContainEqual(trace)
  })
})

describe('an around that does something wrong', () => {
  /** How a party of a baker is, and what was reported, with something around it. */
  async function baked(around: Around | readonly Around[]) {
    const clock = createSimulatedClock()
    const { runtime } = await startRuntime({ party: cakesParty(), clock, around })
    const errors: string[] = []
    runtime.bus.errors(({ data }) => void errors.push(`${data.severity} ${data.code} ${data.message}`))
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
    await runtime.bus.publish(ordered({ of: 'plum' }), inP1)
    await party.idle()
    return { sold: party.state.sold, errors }
  }
  const fail = () => {
    throw new Error('no disk')
  }
  const end = () => {}

  it.each<[method: string, around: Around]>([
    ['begin', { begin: fail }],
    ['run', { begin: () => ({ run: fail, end }) }],
    ['end', { begin: () => ({ end: fail }) }],
    [
      'run',
      {
        begin: () => ({
          get run() {
            return fail()
          },
          end,
        }),
      },
    ],
  ])('by throwing in %s is reported once, and changes nothing', async (method, around) => {
    const { sold, errors } = await baked(around)
    expect(sold).toEqual(['1', '2'])
    expect(errors).toEqual([expect.stringMatching(new RegExp(`^warning AROUND_FAILED "${method}" .*no disk`))])
  })

  it.each<[what: string, run: (call: () => void) => void, reports: number]>([
    ['never calls what it is to call', () => {}, 1],
    ['calls it later', call => queueMicrotask(call), 1],
    ['calls it twice', call => (call(), call()), 0],
    [
      'throws after it has called it',
      call => {
        call()
        fail()
      },
      1,
    ],
  ])('by a run that %s has it called once', async (_, run, reports) => {
    const { sold, errors } = await baked({ begin: () => ({ run, end }) })
    expect(sold).toEqual(['1', '2'])
    expect(errors).toHaveLength(reports)
  })

  it.each([
    ['holds no texts', { span: 7 as unknown as string }],
    ['is too long', { span: 'x'.repeat(2_100) }],
    ['is a text', '00-ab' as unknown as { span: string }],
  ])('by sending along what %s sends nothing along', async (_, trace) => {
    const { sold, errors } = await baked({ begin: () => ({ trace, end }) })
    expect(sold).toEqual(['1', '2'])
    expect(errors).toEqual([expect.stringContaining('AROUND_FAILED')])
  })

  it('does not keep another from following', async () => {
    const clock = createSimulatedClock()
    const recorder = recordSpans(clock)
    await baked([{ begin: fail }, { begin: () => ({ run: fail, end: fail }) }, recorder])
    expect(recorder.print(ofOrders)).toContain('step party/p1/baker outcome: 0 ms')
  })

  it('by what an action throws inside it still fails that step alone', async () => {
    const inside = new AsyncLocalStorage<true>()
    const around: Around = { begin: () => ({ run: call => inside.run(true, call), end }) }
    const { runtime } = await startRuntime({ agents: [dogAgent()], around })
    await runtime.bus.publish(command({ word: 'boom' }))
    await runtime.idle()
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'failed' }])
  })

  it('by not being one is refused by name', () => {
    expect(() => createRuntime({ around: {} as Around, random: seededRandom(1) })).toThrow(
      'createRuntime cannot take an object of another shape as "around". Give it an object with a function begin, or a list of such objects, or leave it out.',
    )
  })
})
