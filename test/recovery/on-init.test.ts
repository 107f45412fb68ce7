import { agentTypes, defineAgent, defineEvent, effect, type Hook } from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { boy, errandsParty, go, watchedErrands } from '../support/errands.ts'
import { createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const inP1 = { party: 'p1' }
const pressed = defineEvent('radio.pressed', z.object({}))
const heard = defineEvent('radio.heard', z.object({ what: z.string() }))

/** A hook that ends when the test ends it. */
function opening() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { onInit: () => promise, open: resolve }
}

/** Runs an effect from its start on, and beeps a second after it was pressed. */
const radio = (listen: () => string, onInit: Hook) =>
  defineAgent({
    name: 'radio',
    hears: [pressed],
    says: [heard],
    onInit,
    machine: setup({
      types: agentTypes({ context: {}, hears: [pressed], says: [heard] }),
      actors: { listen: effect('listen', listen) },
      actions: { tell: emit((_, data: { what: string }) => heard(data)) },
    }).createMachine({
      context: {},
      initial: 'listening',
      on: { 'radio.pressed': '.pressed' },
      states: {
        listening: {
          invoke: {
            src: 'listen',
            onDone: { target: 'off', actions: { type: 'tell', params: ({ event }) => ({ what: event.output }) } },
          },
        },
        off: {},
        pressed: { after: { 1_000: { target: 'off', actions: { type: 'tell', params: { what: 'beep' } } } } },
      },
    }),
  })

describe('the work of an agent waits until its onInit is over', () => {
  it('at an ordinary start: an effect of its first state', async () => {
    const { onInit, open } = opening()
    const runs: string[] = []
    const { runtime } = await startRuntime()
    const spawning = runtime.spawn(radio(() => `${runs.push('run')}`, onInit))
    await settle()
    expect(runs).toEqual([])
    open()
    await spawning
    await runtime.idle()
    expect(runs).toEqual(['run'])
    expect(runtime.bus.history({ type: 'radio.heard' })).toHaveLength(1)
  })

  it('at a start that fails: the effect is never run', async () => {
    const runs: string[] = []
    const { runtime } = await startRuntime()
    const listen = () => `${runs.push('run')}`
    await runtime.spawn(radio(listen, () => Promise.reject(new Error('no antenna')))).catch(() => {})
    await runtime.spawn(radio(listen, () => {}))
    await runtime.idle()
    expect(runs).toEqual(['run'])
  })

  it('after a crash: an effect that is run again', async () => {
    const program = createProgram()
    const errands = watchedErrands()
    const first = await program.start({ party: errandsParty(boy(errands.never)) })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(go({ for: 'milk' }), inP1)
    await settle()
    expect(errands.runs).toHaveLength(1)
    const { onInit, open } = opening()
    const next = await program.start({ party: errandsParty({ ...boy(errands.atOnce), onInit }) })
    await settle()
    expect(errands.attempts).toEqual(['milk 1'])
    open()
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1', 'milk 2'])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
  })

  it('after a crash: a timer that is due before its onInit is over', async () => {
    for (const downtime of [5_000, 0]) {
      const program = createProgram()
      const agents = (hook: Hook) => ({ agents: [radio(() => 'news', hook)] })
      const first = await program.start(agents(() => {}))
      await first.bus.publish(pressed({}))
      await first.idle()
      program.crash()
      program.clock.advance(downtime)
      const { onInit, open } = opening()
      const next = await program.start(agents(onInit))
      const received: unknown[] = []
      next.bus.subscribe(heard, ({ data }) => void received.push(data.what))
      program.clock.advance(5_000)
      await settle()
      expect(received).toEqual([])
      open()
      await next.idle()
      expect(received).toEqual(['beep'])
    }
  })
})
