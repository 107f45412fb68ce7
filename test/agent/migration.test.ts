import { deepStrictEqual } from 'node:assert'
import { defineAgent, type MigratedMachine, MigrationPathError, type Migrations, migration } from 'troupe'
import { describe, expect, it, vi } from 'vitest'
import { type AnyStateMachine, createActor, createMachine } from 'xstate'
import * as z from 'zod'
import { restorable } from '../../src/agent/restorable.ts'
import { encoded } from '../../src/values/json.ts'
import { first, fromFirst, second, secondWith } from '../support/bakers.ts'
import { checkpointOf, thrownBy } from '../support/checkpoints.ts'

/** The second version of the baker, as it goes on from what the first one saved after these events. */
const migrated = (agent = second, ...types: readonly string[]) =>
  restorable(checkpointOf(first, ...types), { current: agent, registered: [] })

const anyContext = z.looseObject({})
/** A migration that makes this of anything. */
const to = (made: MigratedMachine, options: { readonly to?: string } = {}) => migration(anyContext, () => made, options)

describe('a migration', () => {
  it('migrates an agent that an older program saved to the machine of this program', () => {
    const { agent, snapshot, migratedFrom } = migrated(second)
    expect({ agent, migratedFrom }).toEqual({ agent: second, migratedFrom: '1' })
    const said = vi.fn()
    const actor = createActor(agent.machine, { snapshot })
    actor.on('bakery.baked', said)
    actor.start().send({ type: 'bakery.order', data: {} })
    expect(said).toHaveBeenCalledWith({ type: 'bakery.baked', data: { cakes: 0, currency: 'USD' } })
  })

  it('names the states anew', () => {
    expect(migrated(second, 'bakery.order').snapshot).toMatchObject({
      status: 'active',
      value: 'baking',
      context: { cakes: 1, currency: 'USD' },
    })
  })

  it('keeps the invokes that the new state has too, and drops the others', () => {
    const { snapshot } = migrated(second, 'bakery.order')
    expect(Object.keys(snapshot.children)).toEqual(['oven'])
    expect(createActor(second.machine, { snapshot }).start().getSnapshot().children).toHaveProperty('oven')
    expect(migrated(secondWith({ '1': to({ value: 'open', context: {} }) }), 'bakery.order').snapshot.children).toEqual(
      {},
    )
  })

  it('keeps the state if it names none', () => {
    const agent = secondWith({ '1': to({ context: { cakes: 7, currency: 'EUR' } }) })
    expect(migrated(agent).snapshot).toMatchObject({ value: 'open', context: { cakes: 7, currency: 'EUR' } })
  })

  it('sees how the old machine ended, and cannot change that', () => {
    const seen = vi.fn(() => ({ context: {} }))
    const agent = secondWith({ '1': migration(anyContext, seen) })
    const { snapshot } = migrated(agent, 'bakery.order', 'bakery.order')
    expect(seen).toHaveBeenCalledWith(expect.objectContaining({ value: 'shut', status: 'done' }))
    expect(snapshot).toMatchObject({ status: 'done', value: 'shut' })
  })

  it('enters the initial state of a state if it names no deeper state', () => {
    const machine: AnyStateMachine = createMachine({
      version: '2',
      initial: 'off',
      states: { off: {}, on: { initial: 'slow', states: { slow: {}, fast: {} } } },
    })
    const fan = (machine: AnyStateMachine, migrations: Migrations = {}) =>
      defineAgent({ name: 'fan', machine, hears: [], says: [], migrations })
    const current = fan(machine, { '1': to({ value: 'on', context: {} }) })
    const { snapshot } = restorable(checkpointOf(fan(createMachine({ version: '1' }))), { current, registered: [] })
    expect(snapshot.value).toEqual({ on: 'slow' })
  })

  it('keeps what history states remember, if the states still exist', () => {
    const radio = (version: string, stations: readonly string[], migrations: Migrations = {}) => {
      const states = Object.fromEntries(stations.map(station => [station, { on: { next: stations[1] } }]))
      const machine: AnyStateMachine = createMachine({
        id: 'radio',
        version,
        initial: 'on',
        states: {
          off: { on: { power: 'on.last' } },
          on: { initial: 'jazz', states: { ...states, last: { type: 'history' } }, on: { power: 'off' } },
        },
      })
      return defineAgent({ name: 'radio', machine, hears: [], says: [], migrations })
    }
    const saved = checkpointOf(radio('1', ['jazz', 'news']), 'next', 'power')
    const heardNext = (...stations: readonly string[]) => {
      const current = radio('2', stations, { '1': to({ context: {} }) })
      const { snapshot } = restorable(saved, { current, registered: [] })
      const actor = createActor(current.machine, { snapshot }).start()
      actor.send({ type: 'power' })
      return actor.getSnapshot().value
    }
    expect(heardNext('jazz', 'news')).toEqual({ on: 'news' })
    expect(heardNext('jazz', 'pop')).toEqual({ on: 'jazz' })
  })

  it('does not change the saved snapshot, whatever it does to its argument', () => {
    const machineWith = (version: string): AnyStateMachine => createMachine({ version })
    const agent = (version: string, migrations: Migrations = {}) =>
      defineAgent({ name: 'any', machine: machineWith(version), hears: [], says: [], migrations })
    const rude = migration(z.object({ cakes: z.custom<string[]>(Array.isArray) }), ({ context }) => {
      context.cakes.push('pie')
      return { context }
    })
    const { definition, snapshot } = checkpointOf(agent('1'))
    const saved = { definition, snapshot: Object.assign({}, snapshot, { context: { cakes: ['tart'] } }) }
    const restored = restorable(saved, { current: agent('2', { '1': rude }), registered: [] })
    expect(restored.snapshot.context).toEqual({ cakes: ['tart', 'pie'] })
    expect(saved.snapshot.context).toEqual({ cakes: ['tart'] })
  })

  it('keeps the parts that it does not change', () => {
    const rest = {
      buffer: Buffer.from('ab'),
      error: Object.assign(new RangeError('far'), { code: 'E' }),
      bare: Object.assign(Object.create(null), { a: 1 }),
      map: new Map([[1n, new Date(0)]]),
      kid: { xstate$$type: 1, id: 'kid' },
    }
    const { definition, snapshot, ...checkpoint } = checkpointOf(first)
    const saved = { ...Object(snapshot), context: encoded({ cakes: 0, rest }) }
    const agent = secondWith({ '1': migration(anyContext, ({ context }) => ({ context })) })
    const back = restorable({ ...checkpoint, definition, snapshot: saved }, { current: agent, registered: [] })
    deepStrictEqual(back.snapshot.context, { cakes: 0, rest })
  })

  it('needs no running invokes if the agent had ended', () => {
    const { definition, snapshot } = checkpointOf(first, 'bakery.order')
    const saved = { definition, snapshot: Object.assign({}, snapshot, { status: 'stopped', children: {} }) }
    const restored = restorable(saved, { current: second, registered: [] })
    expect(restored.snapshot).toMatchObject({ status: 'stopped', value: 'baking' })
  })
})

describe('migrations', () => {
  it('run one after the other, and each checks the result of the last', () => {
    const third = secondWith({
      '1': migration(z.object({ cakes: z.int() }), ({ context }) => ({ context: { pies: context.cakes } }), {
        to: '1b',
      }),
      '1b': migration(z.object({ pies: z.int() }), ({ context }) => ({
        value: 'open',
        context: { cakes: context.pies, currency: 'EUR' },
      })),
    })
    expect(migrated(third)).toMatchObject({
      migratedFrom: '1',
      snapshot: { value: 'open', context: { cakes: 0, currency: 'EUR' } },
    })
  })

  it.each<[string, Migrations, string]>([
    ['from the version of the machine itself', { '2': fromFirst }, '2'],
    ['to a version that nothing leads on from', { '1': to({ context: {} }, { to: '1b' }) }, '1'],
    ['in a circle', { '0': to({ context: {} }, { to: '1' }), '1': to({ context: {} }, { to: '0' }) }, '0'],
  ])('cannot be declared %s', (_, migrations, from) => {
    const error = thrownBy(() => secondWith(migrations))
    expect(error).toBeInstanceOf(MigrationPathError)
    expect(error).toMatchObject({ code: 'MIGRATION_PATH', agent: 'baker', from, current: '2' })
  })
})

describe('a migration that goes wrong', () => {
  const wrong = (migrations: Migrations, ...types: readonly string[]) =>
    thrownBy(() => migrated(secondWith(migrations), ...types))

  it('is named in the error with the error that it threw', () => {
    const cause = new Error('no such cake.')
    const error = wrong({
      '1': migration(anyContext, () => {
        throw cause
      }),
    })
    expect(error).toMatchObject({ code: 'MIGRATION', agent: 'baker', from: '1', to: '2', cause })
    expect(error).toHaveProperty('message', expect.stringContaining('from version "1" to "2": no such cake. Fix'))
  })

  it('is named in the error with the value that a journal cannot restore', () => {
    const agent = secondWith({ '1': to({ context: { cakes: 1, sum: () => 1 } }) })
    expect(thrownBy(() => migrated(agent))).toMatchObject({
      code: 'MIGRATION',
      cause: { code: 'VALUE', path: 'sum', found: 'a function' },
    })
  })

  it('is named in the error with the field that its schema refuses', () => {
    expect(wrong({ '1': migration(z.object({ cakes: z.string() }), context => ({ context })) })).toMatchObject({
      code: 'MIGRATION',
      message: expect.stringMatching(/its old context is refused \(cakes: .*expected string/),
    })
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['no context', () => ({ value: 'open' })],
    ['a promise, which nobody waits for', async () => Promise.reject(new Error('late'))],
  ])('because it returns %s is refused', (_, lead) => {
    const migrations: Migrations = { '1': Object.assign(to({ context: {} }), { lead }) }
    expect(wrong(migrations)).toMatchObject({
      code: 'MIGRATION',
      message: expect.stringContaining('returned no context'),
    })
  })

  it('is refused because another actor was running under the id of an invoke', () => {
    const { definition, snapshot } = checkpointOf(first, 'bakery.order')
    const children = { oven: { src: 'radio', snapshot: { status: 'active' } } }
    const saved = { definition, snapshot: Object.assign({}, snapshot, { children }) }
    expect(thrownBy(() => restorable(saved, { current: second, registered: [] }))).toMatchObject({
      code: 'MIGRATION',
      message: expect.stringContaining('nothing is under way for "oven"'),
    })
  })

  it.each<[string, MigratedMachine, readonly string[], RegExp]>([
    ['to a state that the machine does not have', { value: 'gone', context: {} }, [], /'gone' does not exist/],
    ['to two states at once', { value: { open: {}, baking: {} }, context: {} }, [], /is no state/],
    ['to an end, before the agent came to its own', { value: 'shut', context: {} }, [], /"active" in the state "shut"/],
    ['on from an end', { value: 'open', context: {} }, ['bakery.order', 'bakery.order'], /"done" in the state "open"/],
    [
      'to where it would wait for what was never begun',
      { value: 'baking', context: {} },
      [],
      /nothing is under way for "oven"/,
    ],
  ])('because it leads %s is refused', (_, made, types, message) => {
    expect(wrong({ '1': to(made) }, ...types)).toMatchObject({
      code: 'MIGRATION',
      message: expect.stringMatching(message),
    })
  })
})
