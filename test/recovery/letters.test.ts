import { type DeadLetterRules, defineEvent, type Frame, type Runtime } from 'troupe'
import type { SimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { command, dogAgent, petsParty, runnerAgent } from '../support/pets.ts'
import { atFrame, createProgram, type LastAppend, lost, nothingLost } from '../support/program.ts'
import { settle, turn } from '../support/runtime.ts'

const inP1 = { party: 'p1' }
const boom = command({ word: 'boom' })
const given = { party: petsParty(dogAgent()) }
/** The same dog, which no longer crashes. */
const fixed = { party: petsParty(calmDog()) }

/** Has the same machine with other actions. */
function calmDog() {
  const dog = dogAgent()
  return { ...dog, machine: dog.machine.provide({ actions: { explode: () => {} } }) }
}

/** A dog has crashed on `boom`, 1,000 ms after its start. Now the test may crash the process. */
async function crashed(options: { readonly deadLetters?: DeadLetterRules } = {}) {
  const program = createProgram()
  const runtime = await program.start({ ...given, ...options })
  await runtime.parties.create({ id: 'p1' })
  program.clock.advance(1_000)
  await runtime.bus.publish(boom, inP1)
  await runtime.idle()
  const [letter] = runtime.bus.deadLetters.list()
  if (!letter) throw new Error('there is no dead letter')
  return { program, runtime, letter }
}

describe('dead letters', () => {
  it('are kept for the next process, and for the one after that', async () => {
    const { program, letter } = await crashed()
    program.clock.advance(1_000)
    const second = await program.start(given)
    expect(second.bus.deadLetters.list()).toEqual([letter])
    await second.stop({ timeout: 0 })
    const third = await program.start(given)
    expect(third.bus.deadLetters.list()).toEqual([letter])
    expect(third.bus.deadLetters.list({ type: 'pets.*', party: 'p1', reason: 'failed' })).toHaveLength(1)
  })

  it('are listed in the order in which they became dead letters, in all parties', async () => {
    const program = createProgram()
    const first = await program.start({ ...given, agents: [dogAgent()] })
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    for (const place of [{ party: 'p2' }, undefined, { party: 'p1' }, { party: 'p2' }]) {
      program.clock.advance(10_000)
      await first.bus.publish(boom, place)
      await first.idle()
    }
    const before = first.bus.deadLetters.list()
    const next = await program.start({ ...given, agents: [dogAgent()] })
    expect(next.bus.deadLetters.list().map(({ last }) => last)).toEqual(before.map(({ last }) => last))
  })

  it('are limited in number: the newest are kept', async () => {
    const program = createProgram()
    const first = await program.start(given)
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    for (const party of ['p2', 'p1', 'p1', 'p2']) {
      program.clock.advance(10_000)
      await first.bus.publish(boom, { party })
      await first.idle()
    }
    const newest = first.bus.deadLetters.list().slice(2)
    const next = await program.start({ ...given, deadLetters: { most: 2 } })
    expect(
      next.bus.deadLetters
        .list()
        .map(({ last }) => last)
        .toSorted(),
    ).toEqual(newest.map(({ last }) => last))
  })

  it('are removed after their retention, also if no process ran meanwhile', async () => {
    const { program } = await crashed()
    program.clock.advance(7 * 24 * 60 * 60 * 1_000)
    const next = await program.start(given)
    expect(next.bus.deadLetters.list()).toEqual([])
  })

  it('are redriven by the next process, once', async () => {
    const { program } = await crashed()
    const second = await program.start(fixed)
    expect(await second.bus.deadLetters.redrive()).toBe(1)
    await second.idle()
    expect(second.bus.deadLetters.list()).toEqual([])
    expect(second.bus.metrics()).toMatchObject({ handled: 1 })
    expect(lost(second)).toEqual(nothingLost)
    const third = await program.start(fixed)
    await third.idle()
    expect(third.bus.deadLetters.list()).toEqual([])
    expect(third.bus.metrics()).toMatchObject({ created: 0 })
  })

  it('count how often they became dead letters, through all processes', async () => {
    const { program, letter } = await crashed()
    for (let attempts = 2; attempts < 5; attempts++) {
      program.clock.advance(60_000)
      const next = await program.start(given)
      await next.bus.deadLetters.redrive()
      await next.idle()
      expect(next.bus.deadLetters.list()).toMatchObject([{ attempts, first: letter.first, reason: 'failed' }])
    }
  })

  it.each<[string, (frame: Frame) => boolean, LastAppend, number]>([
    ['before that is written', ({ entries }) => entries.some(({ kind }) => kind === 'redriven'), 'lost', 1],
    ['once that is written', ({ entries }) => entries.some(({ kind }) => kind === 'redriven'), 'cut', 0],
    ['once it is handled', ({ cause }) => cause.kind === 'step' && cause.type === command.type, 'written', 0],
  ])('are redriven once, though the process ends %s', async (_, isLast, last, letters) => {
    const { program } = await crashed()
    await program.until(atFrame(isLast, last), fixed, second => second.bus.deadLetters.redrive())
    const third = await program.start(fixed)
    expect(third.bus.deadLetters.list()).toHaveLength(letters)
    await third.bus.deadLetters.redrive()
    await third.idle()
    const steps = (await program.frames('party/p1')).filter(
      ({ cause }) => cause.kind === 'step' && cause.type === command.type && cause.outcome === 'handled',
    )
    expect(steps).toHaveLength(1)
    expect(lost(third)).toEqual(nothingLost)
  })

  it('that were purged stay deleted', async () => {
    const { program, runtime } = await crashed()
    await runtime.bus.publish(boom, inP1)
    await runtime.idle()
    expect(runtime.bus.deadLetters.purge({ limit: 1 })).toBe(1)
    await turn()
    const left = runtime.bus.deadLetters.list()
    const next = await program.start(given)
    expect(next.bus.deadLetters.list()).toEqual(left)
  })

  it('of a durable subscription are redriven to it', async () => {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    first.bus.subscribe(
      command,
      () => {
        throw new Error('not now')
      },
      { durable: 'diary' },
    )
    await turn()
    await first.bus.publish(command({ word: 'a' }), inP1)
    for (let n = 0; n < 5; n++) {
      await settle()
      program.clock.advance(10_000)
    }
    expect(first.bus.deadLetters.list()).toMatchObject([{ to: 'subscriber/diary', attempts: 3 }])
    const next = await program.start(given)
    const received: string[] = []
    next.bus.subscribe(command, ({ data }) => received.push(data.word), { durable: 'diary' })
    await turn()
    expect(await next.bus.deadLetters.redrive()).toBe(1)
    expect(received).toEqual(['a'])
    const last = await program.start(given)
    expect(last.bus.deadLetters.list()).toEqual([])
  })

  it('of a durable subscription are redriven to it in the declared version of the event', async () => {
    const program = createProgram()
    const paid = defineEvent('pets.paid', z.object({ amount: z.number() }))
    const upcast = { 1: (data: unknown) => ({ cents: paid.schema.parse(data).amount * 100 }) }
    const paidNow = defineEvent('pets.paid', z.object({ cents: z.int() }), { version: 2, upcast })
    const first = await program.start({ events: [paid] })
    const refuse = () => {
      throw new Error('not now')
    }
    first.bus.subscribe(paid, refuse, { durable: 'diary' })
    await turn()
    await first.bus.publish(paid({ amount: 5 }))
    for (let n = 0; n < 5; n++) {
      await settle()
      program.clock.advance(10_000)
    }
    const next = await program.start({ events: [paidNow] })
    const received: unknown[] = []
    next.bus.subscribe(paidNow, ({ version, data }) => received.push({ version, data }), { durable: 'diary' })
    await turn()
    expect(await next.bus.deadLetters.redrive()).toBe(1)
    expect(received).toEqual([{ version: 2, data: { cents: 500 } }])
  })

  it('hold requests too, and a redrive does not ask again', async () => {
    const program = createProgram()
    const hanging = { party: petsParty(runnerAgent(() => new Promise(() => {}))) }
    const first = await program.start(hanging)
    const p1 = await first.parties.create({ id: 'p1' })
    await p1.agent('dog').send(command({ word: 'run' }))
    await p1.agent('dog').send(command({ word: 'a' }))
    await p1.agent('dog').stop()
    const next = await program.start(hanging)
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'stopped', envelope: { data: { word: 'a' } } }])
    expect(await next.bus.deadLetters.redrive()).toBe(1)
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'stopped', attempts: 2 }])
  })
})

describe('an event that a durable subscription did not handle', () => {
  const isDead = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'dead')
  const durable = { durable: 'ledger' }
  const forEver = () => new Promise<never>(() => {})

  /** The journal is slow, and the process ends before it holds the dead letter. */
  const untilDead = async (story: (runtime: Runtime, clock: SimulatedClock) => Promise<void>) => {
    const program = createProgram({ pace: () => 1 })
    const isEnded = await program.until(atFrame(isDead, 'lost'), { events: [command] }, async runtime => {
      await story(runtime, program.clock)
      await forEver()
    })
    expect(isEnded).toBe(true)
    return program.start({ events: [command] })
  }

  it('because it failed, is delivered again if the process ends before the dead letter is durable', async () => {
    const next = await untilDead(async ({ bus }, clock) => {
      const failing = () => {
        throw new Error('no paper')
      }
      bus.subscribe(command, failing, durable)
      await bus.publish(command({ word: 'a' }))
      for (const attempts of [1, 2, 3]) {
        await settle()
        expect(bus.subscriptions('ledger')[0]?.failed).toBe(attempts)
        clock.advance(2_000)
      }
    })
    const words: string[] = []
    next.bus.subscribe(command, ({ data }) => void words.push(data.word), durable)
    await settle()
    expect(words).toEqual(['a'])
  })

  it('because it expired, is a dead letter of the next process', async () => {
    const next = await untilDead(async ({ bus }, clock) => {
      const paused = bus.subscribe(command, () => {}, durable)
      paused.pause()
      await bus.publish(command({ word: 'a' }), { ttl: 1_000 })
      clock.advance(1_000)
      paused.resume()
    })
    next.bus.subscribe(command, () => {}, durable)
    await settle()
    expect(next.bus.deadLetters.list()).toMatchObject([{ to: 'subscriber/ledger', reason: 'expired' }])
  })
})
