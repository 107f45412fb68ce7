import { AgentStartError, defineAgent, type Hook, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, trick } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

interface Hooks {
  readonly onInit?: Hook
  readonly onDestroy?: Hook
}

const dogWith = (hooks: Hooks) => defineAgent({ ...dogAgent(), ...hooks })

/** Lists the calls of hooks; the test decides when a hook ends. */
function noted() {
  const calls: string[] = []
  const note = (what: string) => async () => void calls.push(what)
  return { calls, note }
}

const never = () => new Promise<void>(() => {})

describe('onInit', () => {
  it('ends before the agent handles any mail, and before the agent counts as started', async () => {
    const { runtime } = await startRuntime()
    const opened = Promise.withResolvers<void>()
    let isSpawned = false
    const spawning = runtime.spawn(dogWith({ onInit: () => opened.promise })).then(ref => {
      isSpawned = true
      return ref
    })
    await runtime.bus.publish(command({ word: 'sit' }))
    await turn()
    expect(isSpawned).toBe(false)
    expect(runtime.bus.metrics()).toMatchObject({ waiting: 1 })
    opened.resolve()
    await spawning
    await runtime.idle()
    expect(runtime.bus.metrics()).toMatchObject({ waiting: 0, handled: 1 })
    expect(runtime.bus.history({ type: 'agent.started' })).toHaveLength(1)
  })

  it('is awaited by the creation of a party', async () => {
    const { calls, note } = noted()
    const { runtime } = await startRuntime({ party: petsParty(dogWith({ onInit: note('init') })) })
    await runtime.parties.create({ inputs: ['ball'] })
    expect(calls).toEqual(['init'])
  })

  it('that fails makes the start fail: the error says why, and no agent is left', async () => {
    const onInit = () => Promise.reject(new Error('no network'))
    const { runtime } = await startRuntime({ party: petsParty(dogWith({ onInit })) })
    const failure = await runtime.spawn(dogWith({ onInit })).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AgentStartError)
    expect(failure).toMatchObject({ address: 'runtime/dog', cause: { code: 'HOOK_FAILED', hook: 'onInit' } })
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toBeInstanceOf(AgentStartError)
    expect(runtime.parties.list()).toEqual([])
    await runtime.spawn(dogAgent())
  })

  it('has a timeout of 30 seconds', async () => {
    const { runtime, clock } = await startRuntime()
    let signal: AbortSignal | undefined
    const onInit: Hook = scope => {
      signal = scope.signal
      return never()
    }
    const failure = expect(runtime.spawn(dogWith({ onInit }))).rejects.toMatchObject({
      cause: { code: 'HOOK_TIMEOUT', timeout: 30_000 },
    })
    await settle()
    expect(signal).toBeDefined()
    clock.advance(29_999)
    expect(signal?.aborted).toBe(false)
    clock.advance(1)
    await failure
    expect(signal?.aborted).toBe(true)
  })

  it('is called for every incarnation; a call that fails on a restart counts as one more failure', async () => {
    let starts = 0
    const onInit = async () => {
      starts++
      if (starts === 2) throw new Error('no network')
    }
    const { runtime } = await startRuntime({ party: petsParty(dogWith({ onInit })) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await party.idle()
    expect(starts).toBe(3)
    expect(party.agent('dog').incarnation).toBe(3)
    expect(runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)).toMatchObject([
      { handled: 'pets.command' },
      { handled: 'onInit' },
    ])
    expect(await party.agent('dog').ask(trick, { name: 'roll' })).toEqual({ done: 'roll' })
  })
})

describe('onDestroy', () => {
  it('is called between two incarnations, and never overlaps with onInit', async () => {
    const { calls, note } = noted()
    const { runtime } = await startRuntime()
    const dog = await runtime.spawn(dogWith({ onInit: note('init'), onDestroy: note('destroy') }))
    await dog.send(command({ word: 'boom' }))
    await runtime.idle()
    expect(calls).toEqual(['init', 'destroy', 'init'])
  })

  it('is awaited by the stop of the agent, the party or the runtime', async () => {
    const { calls, note } = noted()
    const dog = dogWith({ onDestroy: note('destroy') })
    const { runtime } = await startRuntime({ party: petsParty(dog) })
    const ref = await runtime.spawn(dog)
    await ref.stop()
    expect(calls).toHaveLength(1)
    await runtime.parties.create({ id: 'p1' })
    await runtime.parties.delete('p1')
    expect(calls).toHaveLength(2)
    await runtime.parties.create({ id: 'p2' })
    await runtime.stop()
    expect(calls).toHaveLength(3)
  })

  it('that fails or takes longer than 30 seconds is a warning, and the stop does not wait any longer', async () => {
    const { runtime, clock } = await startRuntime()
    const warnings: string[] = []
    runtime.bus.subscribe(systemError, ({ data }) => void warnings.push(`${data.severity} ${data.code}`))
    const onDestroy = () => {
      throw new Error('gone')
    }
    const failing = await runtime.spawn(dogWith({ onDestroy }), { name: 'failing' })
    await failing.stop()
    let isCalled = false
    const hanging = await runtime.spawn(
      dogWith({
        onDestroy: () => {
          isCalled = true
          return never()
        },
      }),
    )
    const stopped = hanging.stop()
    await settle()
    expect(isCalled).toBe(true)
    clock.advance(30_000)
    await stopped
    expect(warnings).toEqual(['warning HOOK_FAILED', 'warning HOOK_TIMEOUT'])
  })

  it('runs after an onInit that the stop interrupted', async () => {
    const calls: string[] = []
    const { runtime } = await startRuntime({ party: petsParty() })
    await runtime.parties.create({ id: 'p1' })
    const onInit: Hook = ({ signal }) =>
      new Promise(resolve => {
        calls.push('init')
        signal.addEventListener('abort', () => {
          calls.push('aborted')
          resolve()
        })
      })
    const spawning = runtime.spawn(dogWith({ onInit, onDestroy: () => void calls.push('destroy') }), { party: 'p1' })
    const spawned = spawning.catch(() => {})
    await settle()
    expect(calls).toHaveLength(1)
    await runtime.parties.delete('p1')
    await spawned
    expect(calls).toEqual(['init', 'aborted', 'destroy'])
  })
})

describe('a restart as new', () => {
  it('drops the waiting mail, which a restart in place keeps', async () => {
    const outcome = async (onRestart: 'reset' | 'anew') => {
      const { runtime } = await startRuntime({ party: petsParty(defineAgent({ ...dogAgent(), onRestart })) })
      const party = await runtime.parties.create({ id: 'p1' })
      const words = ['sit', 'boom', 'roll', 'stay'].map(word => runtime.bus.publish(command({ word }), { party: 'p1' }))
      await Promise.all(words)
      await party.idle()
      const { created, handled, failed, dead } = runtime.bus.metrics()
      return { created, handled, failed, dead }
    }
    expect(await outcome('reset')).toEqual({ created: 4, handled: 3, failed: 1, dead: 0 })
    expect(await outcome('anew')).toEqual({ created: 4, handled: 1, failed: 1, dead: 2 })
  })
})
