import { EffectOptionsError, EffectTimeoutError, effect } from 'troupe'
import { describe, expect, it } from 'vitest'
import { backHome, boy, type Errand, errandsParty, go } from '../support/errands.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const backoff = { initial: 1_000, jitter: 0 }
const inP1 = { party: 'p1' }

/** A boy whose errands may be tried again, and who has just been sent for milk. */
async function sent(run: Errand, retries: Parameters<typeof boy>[2]) {
  const attempts: number[] = []
  const counted: Errand = (input, scope) => {
    attempts.push(scope.attempt)
    return run(input, scope)
  }
  const { runtime, clock } = await startRuntime({ party: errandsParty(boy(counted, 'retry', retries)) })
  const told: { readonly type: string; readonly data: unknown }[] = []
  runtime.bus.subscribe('effect.*', ({ type, data }) => void told.push({ type, data }))
  const party = await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(go({ for: 'milk' }), inP1)
  /** The wait is over: the one that an attempt, the first by default, or its failure began. */
  const pass = async (ms: number, attempt = 1) => {
    await settle()
    expect(attempts).toHaveLength(attempt)
    const before = attempts.length
    clock.advance(ms - 1)
    await turn()
    expect(attempts).toHaveLength(before)
    clock.advance(1)
    await turn()
  }
  return { runtime, clock, party, attempts, told, pass }
}

const failing =
  (times: number): Errand =>
  (input, { attempt }) => {
    if (attempt <= times) throw Object.assign(new Error(`closed ${attempt}`), { code: 'CLOSED' })
    return `${input.for}!`
  }

describe('an effect that may be tried again', () => {
  it('is, under the same key with the next number, after a wait that grows each time, until it is done', async () => {
    const { party, attempts, pass } = await sent(failing(2), { retries: 3, backoff })
    await pass(1_000)
    await pass(2_000, 2)
    await party.idle()
    expect(attempts).toEqual([1, 2, 3])
    expect(party.state.brought).toEqual(['milk!'])
  })

  it('is told attempt by attempt: each start, each failure with the wait after it, and its end once', async () => {
    const { party, told, pass } = await sent(failing(1), { retries: 3, backoff })
    await pass(1_000)
    await party.idle()
    const run = { key: expect.stringContaining('party/p1/boy@'), name: 'run', address: 'party/p1/boy' }
    expect(told).toEqual([
      { type: 'effect.started', data: { ...run, attempt: 1, tags: {} } },
      {
        type: 'effect.attempt_failed',
        data: { ...run, attempt: 1, durationMs: 0, code: 'UNEXPECTED', error: 'closed 1', waitMs: 1_000 },
      },
      { type: 'effect.started', data: { ...run, attempt: 2, tags: {} } },
      { type: 'effect.completed', data: { ...run, success: true, durationMs: 0, tags: {} } },
    ])
  })

  it('ends with a typed error whose cause is the last error, when it was tried in vain', async () => {
    const { party, attempts, pass } = await sent(failing(9), { retries: 2, backoff })
    await pass(1_000)
    await pass(2_000, 2)
    await party.idle()
    expect(attempts).toEqual([1, 2, 3])
    expect(party.state.brought).toEqual([expect.stringMatching(/^EFFECT_EXHAUSTED: .*"run".*failed 3 times.*closed 3/)])
  })

  it('has failed of what it threw, where it is not to be tried again', async () => {
    const { party } = await sent(failing(1), {})
    await party.idle()
    expect(party.state.brought).toEqual(['CLOSED: closed 1'])
  })

  it('is not tried again for an outcome that no journal could give back', async () => {
    const { party, attempts } = await sent(() => JSON.parse.bind(JSON) as never, { retries: 3, backoff })
    await party.idle()
    expect(attempts).toEqual([1])
    expect(party.state.brought).toEqual([expect.stringMatching(/^VALUE: /)])
  })

  it('is not tried again once its agent wants it no more', async () => {
    const { runtime, clock, party, attempts } = await sent(failing(9), { retries: 9, backoff })
    await settle()
    expect(attempts.length).toBeGreaterThan(0)
    await runtime.bus.publish(backHome({}), inP1)
    await party.idle()
    clock.advance(100_000)
    await party.idle()
    expect(attempts).toEqual([1])
  })
})

describe('an effect that may take so long', () => {
  const slow =
    (aborted: unknown[]): Errand =>
    (_, { signal }) =>
      new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.reason)))

  it('is aborted by its signal when its time is over, and has failed', async () => {
    const aborted: unknown[] = []
    const { party, pass } = await sent(slow(aborted), { timeout: 500 })
    await pass(500)
    await party.idle()
    expect(aborted).toEqual([expect.any(EffectTimeoutError)])
    expect(party.state.brought).toEqual([expect.stringMatching(/^EFFECT_TIMEOUT: .*500 ms/)])
  })

  it('is tried again after that like after any failure, with a signal of its own', async () => {
    const aborted: unknown[] = []
    const signals: AbortSignal[] = []
    const run: Errand = (input, scope) => {
      signals.push(scope.signal)
      return scope.attempt === 1 ? slow(aborted)(input, scope) : `${input.for}!`
    }
    const { party, attempts, pass } = await sent(run, { retries: 1, backoff, timeout: 500 })
    await pass(500)
    await pass(1_000)
    await party.idle()
    expect(attempts).toEqual([1, 2])
    expect(signals.map(signal => signal.aborted)).toEqual([true, false])
    expect(party.state.brought).toEqual(['milk!'])
  })

  it('is not aborted any more once it is done', async () => {
    const signals: AbortSignal[] = []
    const run: Errand = (input, { signal }) => {
      signals.push(signal)
      return `${input.for}!`
    }
    const { clock, party } = await sent(run, { timeout: 500 })
    await party.idle()
    clock.advance(500)
    expect(signals.map(signal => signal.aborted)).toEqual([false])
    expect(party.state.brought).toEqual(['milk!'])
  })
})

it.each([
  { retries: -1 },
  { retries: 1.5 },
  { timeout: 0 },
  { timeout: Number.NaN },
  { backoff: { initial: -1 } },
  { backoff: { initial: 1, max: Number.POSITIVE_INFINITY } },
  { backoff: { initial: 1, jitter: 2 } },
])('an effect cannot have options that make no sense: %o', options => {
  expect(() => Reflect.apply(effect, undefined, ['run', () => 1, options])).toThrow(EffectOptionsError)
})

it('an effect cannot do without a function', () => {
  expect(() => Reflect.apply(effect, undefined, ['run', undefined])).toThrow(EffectOptionsError)
})
