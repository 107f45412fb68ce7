import {
  agentStarted,
  agentTypes,
  closeBus,
  createRuntime,
  defineAgent,
  defineEvent,
  defineRequest,
  effect,
  getBus,
  initBus,
  memoryJournal,
} from 'troupe'
import { echo, echoOf } from 'troupe/events'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { startRuntime, turn } from '../../support/runtime.ts'

const turns = async (count = 20) => {
  for (let n = 0; n < count; n++) await turn()
}

describe('events, echoes and the one bus, at their edges', () => {
  it('a payload with a schema that says readonly is frozen inside too', () => {
    const listed = defineEvent('x.listed', z.object({ list: z.array(z.string()) }).readonly())
    const { data } = listed({ list: ['a'] })
    expect(Object.isFrozen(data.list)).toBe(true)
  })

  it('a payload that is too deep is refused as what it is', async () => {
    const anything = defineEvent('x.anything', z.object({ any: z.unknown() }))
    let deep: unknown = []
    for (let n = 0; n < 100_000; n++) deep = [deep]
    let code: unknown
    try {
      anything({ any: deep })
    } catch (error) {
      code = Reflect.get(error as object, 'code') ?? String(error)
    }
    expect(code).toBe('EVENT_PAYLOAD')
  })

  it('a payload of a strange prototype is refused as what it is', async () => {
    const anything = defineEvent('x.anything', z.object({ any: z.unknown() }))
    let code: unknown
    try {
      anything({ any: Object.create(Object.create(null)) })
    } catch (error) {
      code = Reflect.get(error as object, 'code') ?? String(error)
    }
    expect(code).toBe('EVENT_PAYLOAD')
  })

  it('the tags of a definition stay as they are, whatever a subscriber does', async () => {
    const tagged = defineEvent('x.tagged', z.object({}), { tags: ['one'] })
    const { runtime } = await startRuntime({ events: [tagged] })
    runtime.bus.subscribe(tagged, ({ tags }) => void Array.prototype.push.call(tags, 'two'))
    await runtime.bus.publish(tagged({}))
    expect(tagged.tags).toEqual(['one'])
  })

  it('the bus of a process is there after it was ended and made again while it began', async () => {
    onTestFinished(() => closeBus({ timeout: 0 }))
    const first = initBus().catch(() => 'ended')
    const closing = closeBus({ timeout: 0 })
    const second = initBus()
    await Promise.all([first, closing, second])
    expect(() => getBus()).not.toThrow()
  })

  it('the bus of a process that could not be ended inside a subscriber is still there', async () => {
    onTestFinished(() => closeBus({ timeout: 0 }))
    const done = defineEvent('x.done', z.object({}))
    const bus = await initBus({ events: [done] })
    let code = ''
    bus.subscribe(done, async () => {
      await closeBus().catch(error => (code = error.code))
    })
    await bus.publish(done({}))
    await turns()
    expect(code).toBe('WAIT_INSIDE')
    expect(() => getBus()).not.toThrow()
  })

  it('an echo says everything that it heard, however much comes at once', async () => {
    const welcomed = defineEvent('x.welcomed', z.object({ address: z.string() }))
    const quiet = defineAgent({
      name: 'quiet',
      hears: [],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({ context: {} }),
    })
    const inner = memoryJournal()
    const runtime = createRuntime({
      clock: createSimulatedClock(),
      events: [welcomed],
      journal: {
        ...inner,
        async append(...frames) {
          await turn()
          await inner.append(...frames)
        },
      },
    })
    onTestFinished(() => runtime.stop({ timeout: 0 }))
    let said = 0
    runtime.bus.subscribe(welcomed, () => void said++)
    echo(runtime.bus, [echoOf(agentStarted, welcomed, ({ address }) => ({ address }))])
    await runtime.start()
    const count = 3_000
    await Promise.all(Array.from({ length: count }, (_, n) => runtime.spawn(quiet, { name: `q${n}` })))
    for (let n = 0; n < 20_000 && said < count; n++) await turn()
    expect(said).toBe(count)
  }, 60_000)

  it('what a subscriber asks belongs to its event', async () => {
    const answer = defineRequest('x.answer', { input: z.object({}), output: z.object({}) })
    const fact = defineEvent('x.fact', z.object({}))
    const agent = defineAgent({
      name: 'oracle',
      hears: [answer],
      says: [answer],
      machine: setup({ types: agentTypes({ context: {}, hears: [answer], says: [answer] }) }).createMachine({
        context: {},
        on: { 'x.answer': { actions: emit(({ event }) => answer.reply(event, {})) } },
      }),
    })
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ events: [fact], agents: [agent], journal })
    runtime.bus.subscribe(fact, () => void runtime.ask('runtime/oracle', answer, {}))
    await runtime.bus.publish(fact({}), { correlationId: 'chain' })
    await runtime.idle()
    const asked: string[] = []
    for await (const { entries } of journal.read('runtime'))
      for (const entry of entries) if (entry.kind === 'asked') asked.push(entry.envelope.correlationid)
    expect(asked).toEqual(['chain'])
  })

  it('an effect hook that changes what it is shown changes nothing for the agent', async () => {
    const go = defineEvent('x.go', z.object({}))
    const told = defineEvent('x.told', z.object({ list: z.array(z.string()) }))
    const agent = defineAgent({
      name: 'worker',
      hears: [go],
      says: [told],
      machine: setup({
        types: agentTypes({ context: {}, hears: [go], says: [told] }),
        actors: {
          work: effect('work', async (_: string) => ({ list: ['a'] }), {
            enrich: {
              tagsAfter: outcome => {
                if (outcome.ok) outcome.output.list.push('b')
                return {}
              },
            },
          }),
        },
      }).createMachine({
        context: {},
        initial: 'idle',
        states: {
          idle: { on: { 'x.go': 'working' } },
          working: {
            invoke: {
              id: 'work',
              src: 'work',
              input: '',
              onDone: { target: 'idle', actions: emit(({ event }) => told(event.output)) },
            },
          },
        },
      }),
    })
    const { runtime } = await startRuntime({ agents: [agent] })
    const seen: unknown[] = []
    runtime.bus.subscribe(told, ({ data }) => void seen.push(data.list))
    runtime.bus.subscribe('effect.completed', () => {})
    await runtime.bus.publish(go({}))
    await runtime.idle()
    expect(seen).toEqual([['a']])
  })
})
