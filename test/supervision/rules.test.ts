import { describe, expect, it } from 'vitest'
import { backoffDelay } from '../../src/backoff.ts'
import { restarts } from '../../src/supervision/child-spec.ts'
import { addRestart } from '../../src/supervision/restart-intensity.ts'

describe('the restart type of a child', () => {
  it.each([
    ['permanent', 'done', true],
    ['permanent', 'failed', true],
    ['transient', 'done', false],
    ['transient', 'failed', true],
    ['temporary', 'done', false],
    ['temporary', 'failed', false],
  ] as const)('%s, when it ended as %s: restarted is %s', (type, exit, restarted) => {
    expect(restarts(type, exit)).toBe(restarted)
  })
})

describe('restart intensity', () => {
  const intensity = { max: 2, within: 1_000 }

  const at = (...times: readonly number[]) => times.map(at => ({ at, cause: undefined, children: ['a'] }))

  it.each([
    ['the first restart', [], 5_000, [5_000], false],
    ['as many as allowed', [4_500], 5_000, [4_500, 5_000], false],
    ['one more than allowed', [4_500, 4_800], 5_000, [4_500, 4_800, 5_000], true],
    ['earlier ones before the period', [3_000, 3_999], 5_000, [5_000], false],
    ['one exactly at the edge of the period', [4_000, 4_500], 5_000, [4_000, 4_500, 5_000], true],
  ])('%s', (_, times, now, kept, exceeded) => {
    expect(addRestart(at(...times), { at: now, child: 'a' }, intensity)).toEqual({ restarts: at(...kept), exceeded })
  })

  it('of 0 allows no restart at all', () => {
    expect(addRestart([], { at: 1, child: 'a' }, { max: 0, within: 1_000 }).exceeded).toBe(true)
  })

  it.each([
    ['several children fail on one event: once', 'abcd', ['e1', 'e1', 'e1', 'e1'], 1],
    ['one child fails on one event again: each time', 'aaa', ['e1', 'e1', 'e1'], 3],
    ['several children fail on one event each', 'abc', ['e1', 'e2', 'e3'], 3],
    ['several children fail without an event', 'abc', [undefined, undefined, undefined], 3],
    ['two children fail twice on one event', 'abab', ['e1', 'e1', 'e1', 'e1'], 2],
  ])('counts when %s', (_, children, causes, count) => {
    let restarts: ReturnType<typeof addRestart>['restarts'] = []
    for (const [n, child] of [...children].entries())
      restarts = addRestart(restarts, { at: n, cause: causes[n], child }, intensity).restarts
    expect(restarts).toHaveLength(count)
  })
})

describe('the wait before a restart', () => {
  it.each([
    ['is the initial wait at first', { initial: 100, jitter: 0 }, 1, 0, 100],
    ['doubles each time', { initial: 100, jitter: 0 }, 4, 0, 800],
    ['grows by the factor', { initial: 100, factor: 3, jitter: 0 }, 3, 0, 900],
    ['does not exceed the maximum', { initial: 100, max: 250, jitter: 0 }, 9, 0, 250],
    ['stays 0 for any number of restarts', { initial: 0 }, 2_000, 0, 0],
    ['is shorter by up to a half, by chance', { initial: 100 }, 1, 0.5, 75],
    ['is between 0 and its length with full jitter', { initial: 100, jitter: 1 }, 2, 0.9, 20],
  ])('%s', (_, backoff, attempt, random, delay) => {
    expect(backoffDelay(backoff, attempt, random)).toBeCloseTo(delay)
  })
})
