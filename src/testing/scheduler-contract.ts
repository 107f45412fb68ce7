import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Scheduler } from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'

type Check = (scheduler: Scheduler) => Promise<void>

/**
 * What the port `Scheduler` promises, as cases for any test runner: run them on a scheduler of your own.
 *
 * @example
 * describe('my scheduler', () => {
 *   for (const { name, run } of schedulerContract(() => myScheduler())) it(name, run)
 * })
 *
 * @param create makes a scheduler for one case
 */
export function schedulerContract(create: () => Scheduler | Promise<Scheduler>): readonly ContractCase[] {
  return casesOf(checks, create)
}

const checks: Readonly<Record<string, Check>> = {
  async 'calls nothing before the code that asks for it is done'(scheduler) {
    let calls = 0
    scheduler.microtask(() => calls++)
    scheduler.turn(() => calls++)
    assert.equal(calls, 0)
    await until(() => calls === 2)
  },

  async 'calls every task once, whichever task asked for it'(scheduler) {
    const calls = new Map<string, number>()
    const branch = (name: string, depth: number) => {
      calls.set(name, (calls.get(name) ?? 0) + 1)
      if (depth === 0) return
      scheduler.microtask(() => branch(`${name}m`, depth - 1))
      scheduler.turn(() => branch(`${name}t`, depth - 1))
    }
    branch('', 8)
    await until(() => calls.size === 511)
    await turns(20)
    assert.deepEqual(
      [...calls.values()].filter(times => times !== 1),
      [],
    )
    assert.equal(calls.size, 511)
  },

  async 'calls microtasks before the event loop turns, also those that other microtasks ask for'(scheduler) {
    let called = 0
    const more = () => {
      if (++called < 100) scheduler.microtask(more)
    }
    scheduler.microtask(more)
    await turns(1)
    assert.equal(called, 100)
  },

  async 'lets the event loop turn between a turn and the turn that it asks for'(scheduler) {
    let hasTurned = false
    const seen: boolean[] = []
    const again = () => {
      seen.push(hasTurned)
      hasTurned = false
      setImmediate(() => (hasTurned = true))
      if (seen.length < 20) scheduler.turn(again)
    }
    scheduler.turn(again)
    await until(() => seen.length === 20)
    assert.deepEqual(
      seen,
      seen.map((_, place) => place > 0),
    )
  },

  async 'calls a task in the async context of the code that asked for it'(scheduler) {
    const context = new AsyncLocalStorage<number>()
    const wrong: string[] = []
    let left = 40
    for (let n = 0; n < 20; n++) {
      const check = (kind: string) => {
        left--
        if (context.getStore() !== n) wrong.push(`${kind} ${n} had ${context.getStore()}`)
      }
      context.run(n, () => {
        scheduler.microtask(() => check('microtask'))
        scheduler.turn(() => check('turn'))
      })
    }
    await until(() => left === 0)
    assert.deepEqual(wrong, [])
  },

  async 'keeps no task from being called because another one throws'(scheduler) {
    let called = 0
    const caught = await catching(async () => {
      for (const queue of ['microtask', 'turn'] as const) {
        for (let n = 0; n < 10; n++) scheduler[queue](() => called++)
        scheduler[queue](() => {
          throw new Error(`a ${queue} that throws`)
        })
        for (let n = 0; n < 10; n++) scheduler[queue](() => called++)
      }
      await until(() => called === 40)
      await turns(20)
    })
    assert.deepEqual(caught.toSorted(), ['Error: a microtask that throws', 'Error: a turn that throws'])
  },

  async 'chooses an agent of those that are ready, or lets the event loop turn'(scheduler) {
    for (let size = 1; size <= 20; size++) {
      const ready = agents(size)
      for (let n = 0; n < 50; n++) {
        const index = scheduler.next?.(ready)
        assert.ok(index === undefined || index in ready, `it chose ${index} of ${size}`)
      }
      assert.deepEqual(ready, agents(size), 'it changed the list')
    }
  },

  async 'lets no agent that is ready wait for ever'(scheduler) {
    if (!scheduler.next) return
    const ready = agents(10)
    const waiting = new Set(ready.map(({ address }) => address))
    for (let n = 0; n < 10_000 && waiting.size > 0; n++) {
      const index = scheduler.next(ready)
      const [chosen] = index === undefined ? [] : ready.splice(index, 1)
      // It is ready again at once, and waits behind the others.
      if (chosen) ready.push(chosen)
      waiting.delete(chosen?.address ?? '')
    }
    assert.deepEqual([...waiting], [])
  },
}

const agents = (size: number) => Array.from({ length: size }, (_, n) => ({ address: `party/p${n % 3}/agent-${n}` }))

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise(setImmediate)
}

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; !isSo(); n++) {
    assert.ok(n < 10_000, 'some tasks were not called within 10,000 turns of the event loop')
    await turns(1)
  }
}

/** Gives back what reaches the process as uncaught while some work is done. */
async function catching(work: () => Promise<void>): Promise<string[]> {
  const caught: string[] = []
  process.setUncaughtExceptionCaptureCallback(error => caught.push(`${error}`))
  try {
    await work()
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
  return caught
}
