import { EffectExhaustedError, type Frame } from 'troupe'
import { describe, expect, it } from 'vitest'
import { boy, type Errand, errandsParty, go } from '../support/errands.ts'
import { atEveryAppend, atFrame, createProgram, type LastAppend, lost, nothingLost } from '../support/program.ts'
import { passUntil, settle } from '../support/runtime.ts'

const inP1 = { party: 'p1' }
const milk = go({ for: 'milk' })
const forEver = () => new Promise<never>(() => {})
const has = (kind: Frame['entries'][number]['kind']) => (frame: Frame) =>
  frame.entries.some(entry => entry.kind === kind)

/** Errands that fail so many times in all processes together before they succeed. */
function shopping(times: number, inDoubt: 'retry' | 'hold' = 'retry') {
  const attempts: number[] = []
  const run: Errand = (input, { attempt }) => {
    attempts.push(attempt)
    if (attempts.length <= times) throw new TypeError(`closed ${attempt}`)
    return `${input.for}!`
  }
  const party = errandsParty(boy(run, inDoubt, { retries: 2, backoff: { initial: 1_000, jitter: 0 } }))
  return { attempts, options: { party } }
}

/** The process ends right after the first frame that holds this. */
async function untilThere(
  kind: Frame['entries'][number]['kind'],
  shop: ReturnType<typeof shopping>,
  last: LastAppend = 'cut',
) {
  const program = createProgram()
  const isEnded = await program.until(atFrame(has(kind), last), shop.options, async runtime => {
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(milk, inP1)
    await settle()
    expect(shop.attempts.length).toBeGreaterThan(0)
    program.clock.advance(1_000)
    await forEver()
  })
  expect(isEnded).toBe(true)
  return program
}

const broughtIn = (runtime: { readonly parties: { get(id: string): { readonly state: object } } }) =>
  runtime.parties.get('p1').state

describe.each(['retry', 'hold'] as const)('an effect that failed, in doubt to %s', inDoubt => {
  it('is tried again in the next process with the next number, after the rest of the wait', async () => {
    const shop = shopping(1, inDoubt)
    const program = createProgram()
    const first = await program.start(shop.options)
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(milk, inP1)
    await settle()
    expect(shop.attempts.length).toBeGreaterThan(0)
    program.clock.advance(400)
    // This frame shows that the process still ran at this time.
    await first.bus.publish(go({ for: 'eggs' }), inP1)
    program.crash()
    // No process runs for this long.
    program.clock.advance(60_000)
    const next = await program.start(shop.options)
    expect(next.held.list()).toEqual([])
    await settle()
    program.clock.advance(599)
    await settle()
    expect(shop.attempts).toEqual([1])
    program.clock.advance(1)
    await next.idle()
    expect(shop.attempts).toEqual([1, 2, 1])
    expect(broughtIn(next)).toMatchObject({ brought: ['milk!', 'eggs!'] })
    expect(lost(next)).toEqual(nothingLost)
  })
})

describe('an effect that is tried again', () => {
  it('counts the failures of all processes, and ends with a typed error that has the last one as its cause', async () => {
    const shop = shopping(9)
    const program = await untilThere('tried', shop)
    const next = await program.start(shop.options)
    await settle()
    expect(shop.attempts).toEqual([1, 2])
    program.clock.advance(2_000)
    await next.idle()
    expect(shop.attempts).toEqual([1, 2, 3])
    expect(broughtIn(next)).toMatchObject({
      brought: [expect.stringMatching(/^EFFECT_EXHAUSTED: .*failed 3 times.*closed 3/)],
    })
  })

  it('is held, with its number, only if the process ended while it ran', async () => {
    const shop = shopping(1, 'hold')
    const program = await untilThere('retried', shop)
    const next = await program.start(shop.options)
    expect(next.held.list()).toMatchObject([{ name: 'run', attempt: 3 }])
  })

  it('keeps the error and its cause from the process before, if its agent had not handled it', async () => {
    const errors: unknown[] = []
    const program = createProgram()
    const run: Errand = () => {
      throw new TypeError('closed')
    }
    const options = {
      party: errandsParty(boy(run, 'retry', { retries: 1, backoff: { initial: 1, jitter: 0 } }, errors)),
    }
    await program.until(atFrame(has('outcome'), 'cut'), options, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(milk, inP1)
      await passUntil(program.clock, forEver())
    })
    errors.length = 0
    const next = await program.start(options)
    await next.idle()
    expect(errors).toEqual([expect.any(EffectExhaustedError)])
    expect(errors).toMatchObject([
      { code: 'EFFECT_EXHAUSTED', effect: 'run', failures: 2, cause: { message: 'closed' } },
    ])
    expect(errors).toEqual([expect.objectContaining({ cause: expect.any(TypeError) })])
  })

  it('is tried at most as often as allowed, wherever a process ends', async () => {
    await atEveryAppend(async ending => {
      const shop = shopping(9)
      const program = createProgram()
      const rest = (runtime: { idle(): Promise<unknown> }) => passUntil(program.clock, runtime.idle())
      const isEnded = await program.until(ending, shop.options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(milk, inP1)
        await rest(runtime)
      })
      const next = await program.start(shop.options)
      await rest(next)
      const frames = await program.frames('party/p1')
      const tried = frames.filter(has('tried'))
      const ended = frames.filter(has('outcome'))
      const wanted = frames.filter(has('effect'))
      expect(tried).toHaveLength(wanted.length * 2)
      expect(ended).toHaveLength(wanted.length)
      return isEnded
    })
  })
})
