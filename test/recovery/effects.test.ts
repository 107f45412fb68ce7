import { type Frame, NotHeldError, ValueError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { backHome, boy, type Errand, errandsParty, go, watchedErrands } from '../support/errands.ts'
import { atEveryAppend, atFrame, createProgram, type LastAppend, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const milk = go({ for: 'milk' })
const inP1 = { party: 'p1' }
const forEver = () => new Promise<never>(() => {})
const hasOutcome = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'outcome')

/** A boy fetches milk when his process crashes. */
async function away(ending?: LastAppend, inDoubt: 'retry' | 'hold' = 'retry', errand?: Errand) {
  const program = createProgram()
  const errands = watchedErrands()
  const party = errandsParty(boy(errand ?? (ending ? errands.atOnce : errands.never), inDoubt))
  const isOver = ending ? atFrame(hasOutcome, ending) : () => undefined
  await program.until(isOver, { party }, async runtime => {
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(milk, inP1)
    if (ending) await forEver()
    await settle()
    expect(errands.runs).toHaveLength(1)
  })
  return { program, errands }
}

describe('an effect whose end is recorded', () => {
  it('is not run again, though its agent has not handled it', async () => {
    const { program, errands } = await away('cut')
    const next = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1'])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('is not run again, though its agent has not handled it in two processes', async () => {
    const { program, errands } = await away('cut')
    const party = errandsParty(boy(errands.atOnce))
    const isHandled = ({ cause }: Frame) => cause.kind === 'step' && cause.type === 'outcome'
    expect(await program.until(atFrame(isHandled, 'lost'), { party }, forEver)).toBe(true)
    const next = await program.start({ party })
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1'])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
  })

  it('is not run again, though the append of its end was not acknowledged', async () => {
    const { program, errands } = await away('written')
    const next = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1'])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
  })

  it('that failed gives its code and its message to its agent', async () => {
    const { program, errands } = await away('cut', 'retry', () => {
      throw Object.assign(new Error('none left'), { code: 'SOLD_OUT' })
    })
    const next = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await next.idle()
    expect(errands.runs).toEqual([])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['SOLD_OUT: none left'] })
  })

  it('delivers the mail that waited behind it', async () => {
    const { program, errands } = await away('cut')
    const next = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await next.bus.publish(go({ for: 'eggs' }), inP1)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!', 'eggs!'] })
  })
})

describe('an effect whose end is not recorded', () => {
  it('is run again, under the same key and with the same input', async () => {
    const { program, errands } = await away('lost')
    const next = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1', 'milk 2'])
    expect(errands.keys).toBe(1)
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
  })

  it('counts its attempts through all processes, also through orderly stops', async () => {
    const { program, errands } = await away()
    const party = errandsParty(boy(errands.never))
    const second = await program.start({ party })
    await settle()
    expect(errands.runs).toHaveLength(2)
    await second.stop({ timeout: 0 })
    await program.start({ party })
    await settle()
    expect(errands.runs).toHaveLength(3)
    const last = await program.start({ party: errandsParty(boy(errands.atOnce)) })
    await last.idle()
    expect(errands.attempts).toEqual(['milk 1', 'milk 2', 'milk 3', 'milk 4'])
    expect(errands.keys).toBe(1)
  })

  it('is not run again if its step was lost: the step is repeated, with attempt 1', async () => {
    const program = createProgram()
    const errands = watchedErrands()
    const party = errandsParty(boy(errands.atOnce))
    const justBefore = atFrame(({ entries }) => entries.some(({ kind }) => kind === 'event'), 'cut')
    await program.until(justBefore, { party }, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(milk, inP1)
    })
    const next = await program.start({ party })
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1'])
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
  })

  it('is no longer run if its agent has left the state that wanted it', async () => {
    const { program, errands } = await away()
    const second = await program.start({ party: errandsParty(boy(errands.never)) })
    await settle()
    expect(errands.runs).toHaveLength(2)
    await second.bus.publish(backHome({}), inP1)
    await second.idle()
    const third = await program.start({ party: errandsParty(boy(errands.never)) })
    await third.idle()
    expect(errands.runs).toHaveLength(2)
    expect(third.parties.get('p1').agent('boy').snapshot()).toMatchObject({ value: 'idle' })
  })

  it('ends once, wherever the process ends: its end is recorded once, and said once', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const errands = watchedErrands()
      const party = errandsParty(boy(errands.atOnce))
      const isEnded = await program.until(ending, { party }, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        for (const errand of ['milk', 'eggs']) await runtime.bus.publish(go({ for: errand }), inP1)
        await runtime.idle()
      })
      const next = await program.start({ party })
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await p1.idle()
      // An event may be lost, but no event comes twice or out of order.
      expect(['', 'milk!', 'milk!,eggs!']).toContain(p1.state.brought.join())
      const frames = await program.frames('party/p1')
      const ended = frames.flatMap(({ entries }) => entries.flatMap(one => (one.kind === 'outcome' ? one.key : [])))
      expect(ended).toHaveLength(p1.state.brought.length)
      expect(new Set(ended).size).toBe(ended.length)
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })

  it('is reported to subscribers as another attempt', async () => {
    const { program, errands } = await away()
    const heard: unknown[] = []
    const next = program.create({ party: errandsParty(boy(errands.atOnce)) })
    next.bus.subscribe('effect.started', ({ data }) => heard.push(data))
    await next.start()
    await next.idle()
    expect(heard).toMatchObject([{ name: 'run', address: 'party/p1/boy', attempt: 2 }])
  })

  it('is run again for agents outside the parties too', async () => {
    const program = createProgram()
    const errands = watchedErrands()
    const first = await program.start({ agents: [boy(errands.never)] })
    await first.bus.publish(milk)
    await settle()
    expect(errands.runs).toHaveLength(1)
    const second = await program.start({ agents: [boy(errands.atOnce)] })
    await second.idle()
    expect(errands.attempts).toEqual(['milk 1', 'milk 2'])
    expect(second.bus.history({ type: 'errands.brought' })).toMatchObject([{ data: { what: 'milk!' } }])
  })
})

describe('an effect in doubt that is to be held', () => {
  async function held() {
    const { program, errands } = await away(undefined, 'hold')
    const options = { party: errandsParty(boy(errands.atOnce, 'hold')) }
    const runtime = await program.start(options)
    const [one] = runtime.held.list()
    if (!one) throw new Error('nothing is held')
    return { program, errands, options, runtime, key: one.key }
  }

  it('is not run: it is listed, with the agent that waits for it', async () => {
    const { errands, runtime, key } = await held()
    expect(runtime.held.list()).toEqual([{ key, name: 'run', address: 'party/p1/boy', attempt: 2 }])
    expect(errands.runs).toEqual([`milk 1 ${key}`])
    expect(runtime.parties.get('p1').agent('boy').snapshot()).toMatchObject({ value: 'away' })
  })

  it('keeps the number of its attempts through other processes', async () => {
    const { program, errands, options, runtime, key } = await held()
    const [known] = runtime.held.list()
    const next = await program.start(options)
    expect(next.held.list()).toEqual([known])
    next.held.retry(key)
    await next.idle()
    expect(errands.attempts).toEqual(['milk 1', 'milk 2'])
  })

  it('waits through other processes', async () => {
    const { program, options, runtime, key } = await held()
    await runtime.stop({ timeout: 0 })
    await program.start(options)
    const next = await program.start(options)
    expect(next.held.list()).toMatchObject([{ key }])
    next.held.succeed(key, 'milk from a neighbour')
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk from a neighbour'] })
  })

  it('that a person marks as done gives its result to its agent, once in all processes', async () => {
    const { program, errands, options, runtime, key } = await held()
    runtime.held.succeed(key, 'milk from a neighbour')
    await runtime.idle()
    const next = await program.start(options)
    await next.idle()
    expect(next.held.list()).toEqual([])
    expect(errands.runs).toHaveLength(1)
    expect(next.parties.get('p1').state).toMatchObject({ brought: ['milk from a neighbour'] })
  })

  it('that a person marks as failed fails for its agent like any effect', async () => {
    const { errands, runtime, key } = await held()
    runtime.held.fail(key, 'the shop is closed')
    await runtime.idle()
    const [what] = runtime.parties.get('p1').state.brought
    expect(what).toMatch(/^EFFECT_GIVEN_UP: .*the shop is closed/)
    expect(errands.runs).toHaveLength(1)
  })

  it('that a person retries is run again under the same key', async () => {
    const { errands, runtime, key } = await held()
    runtime.held.retry(key)
    await runtime.idle()
    expect(errands.runs).toEqual([`milk 1 ${key}`, `milk 2 ${key}`])
    expect(runtime.parties.get('p1').state).toMatchObject({ brought: ['milk!'] })
    expect(runtime.held.list()).toEqual([])
  })

  it('is held again if it is in doubt again', async () => {
    const { program, errands } = await away(undefined, 'hold')
    const options = { party: errandsParty(boy(errands.never, 'hold')) }
    const second = await program.start(options)
    for (const { key } of second.held.list()) second.held.retry(key)
    await settle()
    expect(errands.runs).toHaveLength(2)
    const third = await program.start(options)
    expect(third.held.list()).toMatchObject([{ name: 'run', attempt: 3 }])
    expect(errands.attempts).toEqual(['milk 1', 'milk 2'])
  })

  it('is run at most once, wherever a process ends, unless a person retries it', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const errands = watchedErrands()
      const options = { party: errandsParty(boy(errands.atOnce, 'hold')) }
      const isEnded = await program.until(ending, options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        for (const errand of ['milk', 'eggs']) await runtime.bus.publish(go({ for: errand }), inP1)
        await runtime.idle()
      })
      const next = await program.start(options)
      for (const { key } of next.held.list()) next.held.succeed(key, 'enough')
      await next.idle()
      expect(errands.keys).toBe(errands.runs.length)
      return isEnded
    })
  })

  it('is answered once, and an effect that is not held is refused', async () => {
    const { runtime, key } = await held()
    expect(() => runtime.held.succeed('party/p1/boy@7/else', 'milk')).toThrow(NotHeldError)
    expect(() => runtime.held.retry('nothing')).toThrow(`held are: ${key}`)
    runtime.held.fail(key, 'too late')
    expect(() => runtime.held.succeed(key, 'milk')).toThrow(NotHeldError)
    expect(() => runtime.held.fail(key, 'later')).toThrow(/none is/)
  })

  it('refuses an answer that a journal cannot hold, and waits on', async () => {
    const { runtime, key } = await held()
    expect(() => runtime.held.succeed(key, () => 'milk')).toThrow(ValueError)
    expect(runtime.held.list()).toMatchObject([{ key }])
  })

  it.each<[string, LastAppend, number]>([
    ['is answered if the answer is written before the next crash', 'written', 0],
    ['stays held if the answer was lost with the next crash', 'lost', 1],
  ])('%s', async (_, last, count) => {
    const { program, options, key } = await held()
    await program.until(atFrame(hasOutcome, last), options, async runtime => {
      runtime.held.succeed(key, 'milk from a neighbour')
      await forEver()
    })
    const next = await program.start(options)
    expect(next.held.list()).toHaveLength(count)
  })

  it('is no longer held when its agent has left the state', async () => {
    const { program, options, runtime, key } = await held()
    await runtime.bus.publish(backHome({}), inP1)
    await runtime.idle()
    expect(runtime.held.list()).toEqual([])
    expect(() => runtime.held.succeed(key, 'milk')).toThrow(NotHeldError)
    const next = await program.start(options)
    expect(next.held.list()).toEqual([])
  })

  it('is no longer held when its agent was stopped', async () => {
    const { program, options, runtime } = await held()
    await runtime.parties.get('p1').agent('boy').stop()
    expect(runtime.held.list()).toEqual([])
    const next = await program.start(options)
    expect(next.held.list()).toEqual([])
  })

  it('is no longer held when its party was deleted', async () => {
    const { program, options, runtime } = await held()
    await runtime.parties.delete('p1')
    expect(runtime.held.list()).toEqual([])
    const next = await program.start(options)
    expect(next.held.list()).toEqual([])
  })

  it('does not keep its party from being idle, as it waits for a person', async () => {
    const { runtime } = await held()
    const resting = runtime.parties.get('p1').idle({ timeout: 1_000 })
    let rest: unknown
    resting.then(
      found => (rest = found),
      error => (rest = error),
    )
    await settle()
    expect(rest).toMatchObject({ reason: 'waiting' })
  })

  it('stays held for the next process after a stop', async () => {
    const { program, options, runtime, key } = await held()
    await runtime.stop({ timeout: 0 })
    expect(() => runtime.held.succeed(key, 'milk')).toThrow(NotHeldError)
    const next = await program.start(options)
    expect(next.held.list()).toMatchObject([{ key }])
  })
})
