import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type AnyActorLogic,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  emit,
  fromCallback,
  raise,
  setup,
} from 'xstate'
import { shortcutOf } from '../../src/actor/shortcut.ts'

const action = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('add', 'set', 'say', 'sayPlainly') },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('addSome'), params: fc.record({ by: fc.nat(9) }) }) },
  { weight: 1, arbitrary: fc.constantFrom('spawn', 'swallow', 'raise', 'log', 'throw', 'sayFew') },
)
const actions = fc.array(action, { maxLength: 3 })
const names = ['a', 'b', 'c', 'nest', 'x', 'y', 'end'] as const
const types = ['one', 'two', 'three.part'] as const

const target = fc.constantFrom(...names.map(name => `#${name}` as const))
const guard = fc.constantFrom('isEven', 'never')
const transition = fc.oneof(
  { weight: 3, arbitrary: fc.record({ target, actions }, { requiredKeys: ['actions'] }) },
  { weight: 2, arbitrary: fc.record({ target, guard, reenter: fc.boolean(), actions }, { requiredKeys: ['actions'] }) },
)
const transitions = fc.array(transition, { minLength: 1, maxLength: 2 })
const on = fc.dictionary(fc.constantFrom(...types, 'three.*', '*'), transitions, { maxKeys: 3 })
const tags = fc.constantFrom('busy', 'calm')
const after = fc.constant({ 1_000: '#a' as const })
const state = (id: (typeof names)[number]) =>
  fc
    .oneof(
      { weight: 6, arbitrary: fc.record({ on, tags }) },
      { weight: 1, arbitrary: fc.record({ on, entry: actions }) },
      { weight: 1, arbitrary: fc.record({ on, exit: actions }) },
      { weight: 1, arbitrary: fc.record({ on, after }) },
    )
    .map(one => ({ id, ...one }))

const begun: { count: number; heard: string; child?: unknown } = { count: 0, heard: '' }

const a = state('a')
const b = state('b')
const c = state('c')
const nest = on.map(inner => ({
  id: 'nest',
  initial: 'x' as const,
  states: { x: { id: 'x', on: inner }, y: { id: 'y' } },
}))
const end = fc.constant({ id: 'end', type: 'final' as const })
const root = {
  context: fc.constant(begun),
  tags: fc.constant('rooted'),
  on: fc.dictionary(fc.constantFrom(...types), fc.record({ actions })),
}
const config = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ ...root, initial: fc.constantFrom('a', 'b'), states: fc.record({ a, b, c, nest, end }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...root,
      type: fc.constant('parallel' as const),
      states: fc.record({
        left: fc.record({ initial: fc.constantFrom('a', 'b'), states: fc.record({ a, b }) }),
        right: fc.record({ initial: fc.constant('c'), states: fc.record({ c, nest, end }) }),
      }),
    }),
  },
)

const machines = setup({
  types: {
    context: begun,
    events: {} as { type: (typeof types)[number] },
    emitted: {} as { type: string; count?: number },
  },
  actions: {
    add: assign(({ context }) => ({ count: context.count + 1 })),
    set: assign({ heard: ({ event }) => event.type }),
    addSome: assign(({ context }, { by }: { by: number }) => ({ count: context.count + by })),
    say: emit(({ context, event }) => ({ type: event.type, count: context.count })),
    sayPlainly: emit({ type: 'said.plainly' }),
    sayFew: emit(({ context }) => {
      if (context.count > 3) throw new Error('too many')
      return { type: 'said.few' }
    }),
    spawn: assign(({ spawn }) => ({ child: spawn(fromCallback(() => {})) })),
    swallow: assign(({ spawn }) => {
      try {
        return { child: spawn(fromCallback(() => {})) }
      } catch {
        return { child: undefined }
      }
    }),
    raise: raise({ type: 'two' }),
    log: () => {},
    throw: assign(() => {
      throw new Error('on purpose')
    }),
  },
  guards: { isEven: ({ context }) => context.count % 2 === 0, never: () => false },
})

/** What can be known of a snapshot; children by name, because each has an id of its own. */
function seen({ value, context, status, tags, _nodes, historyValue, children, ...rest }: AnyMachineSnapshot) {
  const { child, ...own } = context
  const shown = { value, own, hasChild: child !== undefined, status, tags: [...tags], historyValue }
  return {
    ...shown,
    nodes: _nodes.map(({ id }) => id),
    children: Object.keys(children).length,
    keys: Object.keys(rest),
  }
}

function attempt<T>(decide: () => T): T | string {
  try {
    return decide()
  } catch (error) {
    return `${error}`
  }
}

/** What one of both made of an event, in a form that can be compared. */
type Made = { readonly next: object; readonly isSame: boolean; readonly actions: readonly unknown[] } | string

/** A machine that asks its shortcut before every event, and notes what both made of it where the shortcut knew. */
function noting(machine: AnyStateMachine, note: (mine: Made, theirs: Made) => void): AnyActorLogic {
  const { config: described, getInitialSnapshot, getPersistedSnapshot, start } = machine
  const transition: AnyActorLogic['transition'] = (snapshot: AnyMachineSnapshot, event, scope) => {
    const taken: { type: string; params: unknown }[] = []
    const take = ({ type, params }: { type: string; params: unknown }) => void taken.push({ type, params })
    const mine = attempt(() => shortcutOf(machine).decide(snapshot, event, scope))
    const theirs = attempt(() => machine.transition(snapshot, event, { ...scope, actionExecutor: take }))
    const made = (next: AnyMachineSnapshot | string, actions: readonly { type: string; params: unknown }[]): Made =>
      typeof next === 'string'
        ? next
        : {
            next: seen(next),
            isSame: next === snapshot,
            actions: actions.map(({ type, params }) => ({ type, params })),
          }
    if (mine !== undefined)
      note(typeof mine === 'string' ? mine : made(mine.snapshot, mine.actions), made(theirs, taken))
    return typeof theirs === 'string' ? snapshot : theirs
  }
  return { config: described, getInitialSnapshot, getPersistedSnapshot, start, transition }
}

it('what a shortcut decides, XState would decide too, to the field', () => {
  let known = 0
  fc.assert(
    fc.property(config, fc.array(fc.constantFrom(...types, 'unknown'), { maxLength: 12 }), (given, events) => {
      const machine = machines.createMachine(given)
      // Some of them go in circles.
      machine.options.maxIterations = 10
      const mine: Made[] = []
      const theirs: Made[] = []
      const logic = noting(machine, (one, other) => {
        mine.push(one)
        theirs.push(other)
      })
      const actor = createActor(logic)
      actor.subscribe({ error: () => {} })
      actor.start()
      for (const type of events) if (actor.getSnapshot().status === 'active') actor.send({ type })
      expect(mine).toEqual(theirs)
      known += mine.length
    }),
    { numRuns: 500 },
  )
  expect(known).toBeGreaterThan(500)
})

it('a machine that may leave a state without an event is left to XState', () => {
  const machine = createMachine({ initial: 'a', states: { a: {}, b: { always: 'a' } } })
  const actor = createActor(machine)
  expect(shortcutOf(machine).decide(actor.getSnapshot(), { type: 'one' }, actor['_actorScope'])).toBeUndefined()
})
