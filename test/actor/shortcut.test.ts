import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  assign,
  cancel,
  createActor,
  createMachine,
  emit,
  fromCallback,
  raise,
  SimulatedClock,
  setup,
} from 'xstate'
import { isActorRef } from '../../src/actor/kept.ts'
import { shortcutOf } from '../../src/actor/shortcut.ts'
import { bindHost, type OutsideHost, outside } from '../../src/invoke/outside.ts'

const action = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('add', 'set', 'say', 'sayPlainly') },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('addSome'), params: fc.record({ by: fc.nat(9) }) }) },
  { weight: 2, arbitrary: fc.constantFrom('log', 'sayLater', 'sayMuchLater', 'sayNever') },
  { weight: 1, arbitrary: fc.constantFrom('spawn', 'swallow', 'raise', 'throw', 'sayFew') },
)
const actions = fc.array(action, { maxLength: 3 })
const names = ['a', 'b', 'c', 'nest', 'x', 'y', 'end'] as const
const types = ['one', 'two', 'three.part'] as const

const inputs = {
  countOf: ({ context: { count } }: { readonly context: { readonly count: number } }) => {
    if (count > 6) throw new Error('no input')
    return count
  },
  fixed: 7,
}

const target = fc.constantFrom(...names.map(name => `#${name}` as const))
const guard = fc.constantFrom('isEven', 'never')
const transition = fc.oneof(
  { weight: 3, arbitrary: fc.record({ target, actions }, { requiredKeys: ['actions'] }) },
  { weight: 2, arbitrary: fc.record({ target, guard, reenter: fc.boolean(), actions }, { requiredKeys: ['actions'] }) },
)
const transitions = fc.array(transition, { minLength: 1, maxLength: 2 })
const ofXState = [
  'xstate.done.actor.work',
  'xstate.error.actor.work',
  'xstate.done.actor.other',
  'xstate.after.1000.a',
  'xstate.after.soon.b',
] as const
const on = fc.dictionary(fc.constantFrom(...types, 'three.*', '*'), transitions, { maxKeys: 3 })
const tags = fc.constantFrom('busy', 'calm')
const after = fc.constant({ 1_000: '#a' as const, soon: '#b' as const })
const input = fc.constantFrom('countOf', 'fixed')
const invoke = fc
  .record({
    src: fc.constantFrom('work', 'work', 'work', 'callback'),
    id: fc.constantFrom('work', 'other'),
    input: input.map(name => inputs[name]),
    onDone: transitions,
    onError: transitions,
  })
  .chain(one => fc.subarray([one, { ...one, id: 'second' as const }], { minLength: 1 }))
const state = (id: (typeof names)[number]) =>
  fc
    .oneof(
      { weight: 6, arbitrary: fc.record({ on, tags }) },
      { weight: 1, arbitrary: fc.record({ on, entry: actions }) },
      { weight: 1, arbitrary: fc.record({ on, exit: actions }) },
      { weight: 1, arbitrary: fc.record({ on, after }) },
      { weight: 8, arbitrary: fc.record({ on, invoke, tags }) },
      { weight: 2, arbitrary: fc.record({ on, after, invoke, entry: actions, exit: actions }) },
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
  entry: fc.constantFrom([], ['say' as const]),
  on: fc.dictionary(
    fc.constantFrom(...types),
    fc.record({ target, reenter: fc.boolean(), actions }, { requiredKeys: ['actions'] }),
  ),
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
  actors: { work: outside('test', {}), callback: fromCallback(() => {}) },
  delays: { soon: ({ context }) => context.count, never: () => 1_000_000 },
  actions: {
    sayLater: raise({ type: 'two' }, { delay: 10, id: 'later' }),
    sayMuchLater: raise(({ event }) => ({ type: event.type }), { delay: 'never', id: 'later' }),
    sayNever: cancel('later'),
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
  const plain = { value, own, hasChild: child !== undefined, status, tags: [...tags], historyValue }
  return {
    ...plain,
    nodes: _nodes.map(({ id }) => id),
    children: Object.entries<AnyActorRef | undefined>(children).map(([id, child]) => (child ? shown(id, child) : id)),
    keys: Object.keys(rest),
  }
}

/** A child by what can be known of it; children that were spawned without a name have new names each time. */
function shown(id: string, child: AnyActorRef): unknown {
  return child.id.startsWith('x:') ? 'spawned' : [id, child.id, child.src, child.getPersistedSnapshot()]
}

/** The parameters of an action, in which children are shown. */
function told(params: unknown): unknown {
  if (typeof params !== 'object' || params === null) return params
  if (isActorRef(params)) return shown('', params)
  return Object.fromEntries(Object.entries(params).map(([name, param]) => [name, told(param)]))
}

function attempt<T>(decide: () => T): T | string {
  try {
    return decide()
  } catch (error) {
    return `${error}`
  }
}

/** What one of both made of an event, in a form that can be compared. */
interface Made {
  readonly next: object | string
  readonly isSame: boolean
  readonly actions: readonly unknown[]
  /** The work that was planned. */
  readonly plans: readonly unknown[]
}

const left = (plans: readonly unknown[]): Made => ({ next: 'left', isSame: true, actions: [], plans })

interface Taken {
  readonly type: string
  readonly params: unknown
}

/** A machine that asks its shortcut before every event, and notes what both made of it where the shortcut knew. */
function noting(machine: AnyStateMachine, note: (mine: Made, theirs: Made) => void): AnyActorLogic {
  const { config: described, getPersistedSnapshot, start } = machine
  let planned: unknown[] = []
  const host: OutsideHost<unknown> = {
    plan: ({ invokeId, input }) => {
      planned.push([invokeId, input])
      return { key: invokeId, origin: { correlationid: 'one' } }
    },
    restore: () => false,
    begin: () => () => {},
  }
  const transition: AnyActorLogic['transition'] = (snapshot: AnyMachineSnapshot, event, scope) => {
    const taken: Taken[] = []
    const take = ({ type, params }: Taken) => void taken.push({ type, params })
    const mine = attempt(() => shortcutOf(machine).decide(snapshot, event, scope))
    const plannedByMine = planned
    planned = []
    const theirs = attempt(() => machine.transition(snapshot, event, { ...scope, actionExecutor: take }))
    const made = (next: AnyMachineSnapshot | string, actions: readonly Taken[], plans: readonly unknown[]): Made => ({
      next: typeof next === 'string' ? next : seen(next),
      isSame: next === snapshot,
      actions: actions.map(({ type, params }) => ({ type, params: told(params) })),
      plans,
    })
    // What is left to XState must have left no trace.
    if (mine === undefined) note(left(plannedByMine), left([]))
    else if (typeof mine === 'string') note(made(mine, [], plannedByMine), made(theirs, [], planned))
    else note(made(mine.snapshot, mine.actions, plannedByMine), made(theirs, taken, planned))
    planned = []
    return typeof theirs === 'string' ? snapshot : theirs
  }
  const getInitialSnapshot: AnyActorLogic['getInitialSnapshot'] = (scope, begin) => {
    bindHost(scope.system, host)
    const first = machine.getInitialSnapshot(scope, begin)
    planned = []
    return first
  }
  return { config: described, getInitialSnapshot, getPersistedSnapshot, start, transition }
}

it('what a shortcut decides, XState would decide too, to the field', () => {
  let known = 0
  let starts = 0
  fc.assert(
    fc.property(
      config,
      fc.array(fc.constantFrom(...types, 'unknown', ...ofXState), { maxLength: 12 }),
      (given, events) => {
        const machine = machines.createMachine(given)
        // Some of them go in circles.
        machine.options.maxIterations = 10
        const mine: Made[] = []
        const theirs: Made[] = []
        const logic = noting(machine, (one, other) => {
          mine.push(one)
          theirs.push(other)
        })
        const actor = createActor(logic, { clock: new SimulatedClock() })
        const thrown: unknown[] = []
        actor.subscribe({ error: error => error instanceof TypeError && thrown.push(error) })
        actor.start()
        for (const type of events) if (actor.getSnapshot().status === 'active') actor.send({ type })
        expect(mine).toEqual(theirs)
        expect(thrown).toEqual([])
        known += mine.filter(({ next }) => next !== 'left').length
        starts += mine.filter(({ plans }) => plans.length > 0).length
      },
    ),
    { numRuns: 1_000 },
  )
  expect(known).toBeGreaterThan(1_000)
  expect(starts).toBeGreaterThan(20)
})

it('a machine that may leave a state without an event is left to XState', () => {
  const machine = createMachine({ initial: 'a', states: { a: {}, b: { always: 'a' } } })
  const actor = createActor(machine)
  expect(shortcutOf(machine).decide(actor.getSnapshot(), { type: 'one' }, actor['_actorScope'])).toBeUndefined()
})
