import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, and, assign, createMachine, emit, fromPromise, not, setup } from 'xstate'
import { identityOf, readIdentity, writeIdentity } from '../../src/agent/identity.ts'

const machineOf = (config: unknown): AnyStateMachine => Reflect.apply(createMachine, undefined, [config])
const hashOf = (config: unknown) => identityOf({ name: 'baker', machine: machineOf(config) }).hash

/** A baker, in nothing but what its identity counts. */
const baker = {
  id: 'baker',
  context: { cakes: 0, sold: 0 },
  initial: 'idle',
  states: {
    idle: { tags: ['calm'], on: { order: [{ guard: 'isOpen', target: 'baking' }, { actions: ['refuse', 'bow'] }] } },
    baking: {
      entry: ['heat'],
      exit: ['cool'],
      initial: 'mixing',
      states: {
        mixing: {
          always: [{ guard: 'isMixed', target: 'rising' }],
          on: { stir: [{ target: 'mixing', reenter: true }] },
        },
        rising: { after: { 500: [{ target: 'last' }], slowly: [{ target: 'mixing' }] } },
        last: { history: 'deep', target: 'mixing' },
      },
      invoke: [{ id: 'oven', src: 'bake', onDone: [{ target: 'both' }], onError: [{ target: 'idle' }] }],
    },
    both: { type: 'parallel', states: { left: { id: 'l' }, right: {} }, onDone: [{ target: 'closed' }] },
    closed: { type: 'final' },
  },
}

const isKeyed = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The same, with the keys of all objects in another order. */
function reordered(value: unknown, keyOf: (key: string) => number): unknown {
  if (Array.isArray(value)) return value.map(one => reordered(one, keyOf))
  if (!isKeyed(value)) return value
  const entries = Object.entries(value).toSorted(([one], [other]) => keyOf(one) - keyOf(other))
  return Object.fromEntries(entries.map(([key, inner]) => [key, reordered(inner, keyOf)]))
}

/** Every way to leave out one thing, or to write one word differently. */
function* edits(value: unknown): Iterable<unknown> {
  if (typeof value === 'boolean') yield !value
  if (typeof value === 'string')
    for (const word of [`${value}-two`, 'idle', 'mixing', 'rising', 'both']) if (word !== value) yield word
  if (Array.isArray(value)) {
    for (const at of value.keys()) if (value.length > 1) yield value.toSpliced(at, 1)
    for (const [at, inner] of value.entries()) for (const edited of edits(inner)) yield value.with(at, edited)
  } else if (isKeyed(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const { [key]: _, ...rest } = value
      yield rest
      yield { ...rest, [`${key}-two`]: inner }
      for (const edited of edits(inner)) yield { ...rest, [key]: edited }
    }
  }
}

/** Those that XState takes for a machine. */
const changed = [...edits(baker)].filter(config => {
  try {
    return machineOf(config).definition.id !== ''
  } catch {
    return false
  }
})

describe('the identity of an agent', () => {
  it('is its name, the version of its machine, and a hash of its structure', () => {
    const machine = createMachine({ version: '3' })
    expect(identityOf({ name: 'baker', machine })).toEqual({
      name: 'baker',
      version: '3',
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(identityOf({ name: 'baker', machine: createMachine({}) }).version).toBe('0')
  })

  it('is the same in every process', () => {
    expect(hashOf(baker)).toMatchInlineSnapshot(`"03e262a156259aa6"`)
  })

  it('does not depend on the order of keys', () => {
    const order = fc.infiniteStream(fc.integer())
    fc.assert(
      fc.property(order, numbers => {
        expect(hashOf(reordered(baker, () => numbers.next().value ?? 0))).toBe(hashOf(baker))
      }),
    )
  })

  it('does not depend on tags being in another order, or on lists being written out', () => {
    const written = (config: object) => hashOf({ context: {}, initial: 'a', states: { a: config, b: {} } })
    expect(written({ tags: ['x', 'y'] })).toBe(written({ tags: ['y', 'x'] }))
    expect(written({ tags: ['x'], entry: ['heat'], on: { go: [{ target: 'b', actions: ['bow'] }] } })).toBe(
      written({ tags: 'x', entry: 'heat', on: { go: { target: '#(machine).b', actions: { type: 'bow' } } } }),
    )
  })

  it('changes with every change of the structure', () => {
    expect(changed.length).toBeGreaterThan(100)
    expect(changed.filter(config => hashOf(config) === hashOf(baker))).toEqual([])
  })

  it('changes with the names in combined guards', () => {
    const guarded = (guard: unknown) => hashOf({ on: { go: { guard } } })
    expect(guarded(and(['isOpen', not('isLate')]))).toBe(guarded(and(['isOpen', not('isLate')])))
    expect(guarded(and(['isOpen', not('isLate')]))).not.toBe(guarded(and(['isOpen', not('isEarly')])))
  })

  it('does not change with what a machine computes, says of itself, or is provided with', () => {
    const config = (add: number, description: string) =>
      setup({
        types: { context: { cakes: 0 }, emitted: { type: '' } },
        actors: { bake: fromPromise(async () => add) },
        guards: { isOpen: () => add > 0 },
        actions: { count: assign({ cakes: ({ context }) => context.cakes + add }) },
        delays: { slowly: add },
      }).createMachine({
        description,
        context: { cakes: add },
        meta: { description },
        invoke: { id: 'oven', src: 'bake' },
        entry: [emit({ type: description }), { type: 'count', params: { add } }],
        on: { order: { guard: 'isOpen', description, actions: () => add } },
        after: { slowly: { actions: 'count' } },
        output: () => add,
      })
    const identity = identityOf({ name: 'baker', machine: config(1, 'bakes') })
    expect(identityOf({ name: 'baker', machine: config(2, 'bakes more') })).toEqual(identity)
    const provided = config(1, 'bakes').provide({ actors: { bake: fromPromise(async () => 3) } })
    expect(identityOf({ name: 'baker', machine: provided })).toEqual(identity)
  })

  it('counts an inline function where there was none', () => {
    expect(hashOf({ entry: () => {} })).toBe(hashOf({ entry: () => 1 }))
    expect(hashOf({ entry: () => {} })).not.toBe(hashOf({}))
    expect(hashOf({ entry: () => {} })).not.toBe(hashOf({ entry: 'heat' }))
  })
})

describe('an identity as it is written', () => {
  it('is read as it was', () => {
    const identity = fc.record({
      name: fc.stringMatching(/^[a-z0-9-]+$/),
      version: fc.string(),
      hash: fc.stringMatching(/^[0-9a-f]{16}$/),
    })
    fc.assert(fc.property(identity, one => void expect(readIdentity(writeIdentity(one))).toEqual(one)))
    expect(writeIdentity({ name: 'baker', version: '1', hash: '3f2a3f2a3f2a3f2a' })).toBe('baker@1#3f2a3f2a3f2a3f2a')
  })

  it.each(['', 'baker', 'baker@1', 'baker#3f2a3f2a3f2a3f2a', 'baker@1#3f2a', 'Baker@1#3f2a3f2a3f2a3f2a'])(
    '%j is none',
    text => expect(readIdentity(text)).toBeUndefined(),
  )
})
