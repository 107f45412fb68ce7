import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
  type EventObject,
  emit,
  enqueueActions,
  forwardTo,
  fromTransition,
  log,
  not,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate'

/** One act on a machine: an event of this type, or so many milliseconds. */
export type Act = string | number

/** A machine, and the acts on it. */
export interface Example {
  readonly name: string
  readonly machine: AnyStateMachine
  readonly acts: readonly Act[]
}

const machine = (config: object, implementations: object = {}): AnyStateMachine =>
  createMachine(config as never, implementations as never) as never

const say = (word: string) => emit({ type: 'said', data: { word } })
const sayCount = emit(({ context }) => ({ type: 'said', data: { word: `${context['count']}` } }))
interface Told extends EventObject {
  readonly snapshot: { readonly context: typeof zero }
}
const sayInner = emit(({ event: { snapshot } }: { event: Told }) => ({
  type: 'said',
  data: { word: `${snapshot.context.count}` },
}))
const count = assign({ count: ({ context }) => Number(context['count']) + 1 })
const zero = { count: 0 }
const final = { type: 'final' }
const flip = { initial: 'off', states: { off: { on: { A: 'on' } }, on: { on: { A: 'off' } } } }
const region = (type: string) => ({
  initial: 'off',
  states: { off: { on: { [type]: 'on' } }, on: { on: { [type]: 'off' } } },
})
const kid = machine({
  initial: 'one',
  states: { one: { on: { A: 'two' } }, two: { on: { A: 'three' } }, three: final },
})
const talker = machine({ on: { A: { actions: sendParent({ type: 'HEARD' }) } } })
const sleeper = machine({
  entry: raise({ type: 'WAKE' }, { delay: 100 }),
  on: { WAKE: { actions: sendParent({ type: 'HEARD' }) } },
})
const adder = fromTransition(
  (state: { n: number }, event: { type: string }) => (event.type === 'A' ? { n: state.n + 1 } : state),
  { n: 0 },
)

const examples: Readonly<Record<string, readonly [AnyStateMachine, ...Act[]]>> = {
  // states
  'a toggle': [machine(flip), 'A', 'A', 'A', 'B'],
  'a counter without states': [
    machine({ context: zero, on: { A: { actions: [count, sayCount] } } }),
    'A',
    'A',
    'B',
    'A',
  ],
  'nested states': [
    machine({ initial: 'x', states: { x: { ...flip, on: { B: 'y' } }, y: { on: { B: 'x' } } } }),
    'A',
    'B',
    'B',
    'A',
  ],
  'three levels': [
    machine({ initial: 'x', states: { x: { initial: 'y', states: { y: flip, z: {} }, on: { B: '.z' } } } }),
    'A',
    'B',
    'A',
  ],
  regions: [machine({ type: 'parallel', states: { a: region('A'), b: region('B') } }), 'A', 'B', 'A'],
  'regions in a state': [
    machine({
      initial: 'x',
      states: {
        x: { on: { C: 'y' } },
        y: { type: 'parallel', states: { a: region('A'), b: region('B') }, on: { C: 'x' } },
      },
    }),
    'C',
    'A',
    'C',
    'C',
    'B',
  ],
  'one event in two regions': [machine({ type: 'parallel', states: { a: region('A'), b: region('A') } }), 'A', 'A'],
  'regions that end together': [
    machine({
      initial: 'x',
      states: {
        x: {
          type: 'parallel',
          states: {
            a: { initial: 'p', states: { p: { on: { A: 'q' } }, q: final } },
            b: { initial: 'p', states: { p: { on: { B: 'q' } }, q: final } },
          },
          onDone: { target: 'y', actions: say('both') },
        },
        y: {},
      },
    }),
    'A',
    'B',
  ],
  'a state that ends': [
    machine({
      initial: 'x',
      states: { x: { initial: 'p', states: { p: { on: { A: 'q' } }, q: final }, onDone: 'y' }, y: {} },
    }),
    'A',
    'B',
  ],
  'a machine that ends': [
    machine({ initial: 'x', states: { x: { on: { A: 'y' } }, y: final }, output: { sum: 3 } }),
    'A',
  ],
  'an output of its context': [
    machine({
      context: zero,
      initial: 'x',
      states: { x: { on: { A: { actions: count }, B: 'y' } }, y: final },
      output: ({ context }: { context: object }) => context,
    }),
    'A',
    'B',
  ],
  // history
  'shallow history': [
    machine({
      initial: 'x',
      states: {
        x: { initial: 'p', states: { p: { on: { A: 'q' } }, q: {}, h: { type: 'history' } }, on: { B: 'y' } },
        y: { on: { B: 'x.h' } },
      },
    }),
    'A',
    'B',
    'B',
  ],
  'deep history': [
    machine({
      initial: 'x',
      states: {
        x: { initial: 'p', states: { p: flip, h: { type: 'history', history: 'deep' } }, on: { B: 'y' } },
        y: { on: { B: 'x.h' } },
      },
    }),
    'A',
    'B',
    'B',
    'A',
  ],
  'history with a default': [
    machine({
      initial: 'y',
      states: {
        x: { initial: 'p', states: { p: {}, q: {}, h: { type: 'history', target: 'q' } } },
        y: { on: { A: 'x.h' } },
      },
    }),
    'A',
  ],
  'deep history of regions': [
    machine({
      initial: 'x',
      states: {
        x: {
          type: 'parallel',
          states: { a: region('A'), b: region('B'), h: { type: 'history', history: 'deep' } },
          on: { C: 'y' },
        },
        y: { on: { C: 'x.h' } },
      },
    }),
    'A',
    'C',
    'C',
    'B',
    'C',
    'C',
  ],
  // transitions
  'a guard': [
    machine({
      context: zero,
      on: {
        A: [
          { guard: ({ context }: { context: typeof zero }) => context.count > 1, actions: say('many') },
          { actions: count },
        ],
      },
    }),
    'A',
    'A',
    'A',
  ],
  'a named guard with parameters': [
    machine(
      {
        context: zero,
        on: { A: [{ guard: { type: 'over', params: { least: 1 } }, actions: say('many') }, { actions: count }] },
      },
      {
        guards: {
          over: ({ context }: { context: typeof zero }, { least }: { least: number }) => context.count > least,
        },
      },
    ),
    'A',
    'A',
    'A',
  ],
  'guards together': [
    machine({
      context: zero,
      type: 'parallel',
      states: {
        a: region('A'),
        b: { on: { B: { guard: and([stateIn({ a: 'on' }), not(() => false)]), actions: say('on') } } },
      },
    }),
    'B',
    'A',
    'B',
  ],
  always: [
    machine({
      context: zero,
      initial: 'x',
      states: {
        x: {
          on: { A: { actions: count } },
          always: { guard: ({ context }: { context: typeof zero }) => context.count > 1, target: 'y' },
        },
        y: {},
      },
    }),
    'A',
    'A',
    'A',
  ],
  'a chain of always': [
    machine({
      initial: 'x',
      states: { x: { on: { A: 'p' } }, p: { always: 'q' }, q: { entry: say('q'), always: 'r' }, r: {} },
    }),
    'A',
  ],
  'always in a region': [
    machine({
      type: 'parallel',
      states: {
        a: region('A'),
        b: { initial: 'p', states: { p: { always: { guard: stateIn({ a: 'on' }), target: 'q' } }, q: {} } },
      },
    }),
    'A',
    'A',
  ],
  'a wildcard': [machine({ context: zero, on: { '*': { actions: count }, A: { actions: say('A') } } }), 'A', 'B', 'C'],
  'a wildcard for a group': [machine({ on: { 'MOUSE.*': { actions: say('mouse') } } }), 'MOUSE.UP', 'MOUSE.DOWN', 'A'],
  'a state that forbids': [
    machine({
      context: zero,
      on: { A: { actions: count } },
      initial: 'x',
      states: { x: { on: { A: undefined, B: 'y' } }, y: {} },
    }),
    'A',
    'B',
    'A',
  ],
  'a transition to itself': [
    machine({ initial: 'x', states: { x: { entry: say('in'), exit: say('out'), on: { A: 'x' } } } }),
    'A',
  ],
  'a transition that enters again': [
    machine({
      initial: 'x',
      states: { x: { entry: say('in'), exit: say('out'), on: { A: { target: 'x', reenter: true } } } },
    }),
    'A',
    'A',
  ],
  'a parent that enters again': [
    machine({
      initial: 'x',
      states: { x: { entry: say('in'), exit: say('out'), ...flip, on: { B: { target: '.off', reenter: true } } } },
    }),
    'A',
    'B',
  ],
  'a target by its id': [
    machine({
      initial: 'x',
      states: { x: { on: { A: '#deep' } }, y: { initial: 'p', states: { p: {}, q: { id: 'deep' } } } },
    }),
    'A',
  ],
  'several targets': [
    machine({
      initial: 'x',
      states: {
        x: { on: { A: ['#a-on', '#b-on'] } },
        y: {
          type: 'parallel',
          states: {
            a: { initial: 'off', states: { off: {}, on: { id: 'a-on' } } },
            b: { initial: 'off', states: { off: {}, on: { id: 'b-on' } } },
          },
        },
      },
    }),
    'A',
  ],
  'an inner transition before an outer one': [
    machine({
      initial: 'x',
      on: { A: { actions: say('outer') } },
      states: { x: { on: { A: { actions: say('inner') } } } },
    }),
    'A',
  ],
  // actions
  'entry, exit and transition in order': [
    machine({
      initial: 'x',
      states: {
        x: { exit: say('exit x'), on: { A: { target: 'y', actions: say('go') } } },
        y: { entry: say('enter y') },
      },
    }),
    'A',
  ],
  'an initial action': [machine({ entry: say('root'), initial: 'x', states: { x: { entry: say('x') } } }), 'A'],
  'an assign that takes a function': [
    machine({
      context: zero,
      on: { A: { actions: assign(({ context }) => ({ count: Number(context['count']) + 2 })) } },
    }),
    'A',
    'A',
  ],
  'named actions with parameters': [
    machine(
      { on: { A: { actions: { type: 'tell', params: { word: 'x' } } } } },
      { actions: { tell: emit((_, { word }: { word: string }) => ({ type: 'said', data: { word } })) } },
    ),
    'A',
  ],
  raise: [
    machine({
      initial: 'x',
      states: { x: { on: { A: { actions: raise({ type: 'B' }) }, B: 'y' } }, y: { entry: say('y') } },
    }),
    'A',
  ],
  'raises in order': [
    machine({
      context: zero,
      on: {
        A: { actions: [raise({ type: 'B' }), raise({ type: 'C' }), say('A')] },
        B: { actions: say('B') },
        C: { actions: say('C') },
      },
    }),
    'A',
  ],
  'enqueued actions': [
    machine({
      context: zero,
      on: {
        A: {
          actions: enqueueActions(({ enqueue, check, context }) => {
            enqueue.assign({ count: Number(context['count']) + 1 })
            if (check(() => Number(context['count']) > 0))
              enqueue.emit({ type: 'said', data: { word: 'again' } } as never)
            enqueue.raise({ type: 'B' })
          }),
        },
        B: { actions: sayCount },
      },
    }),
    'A',
    'A',
  ],
  'an event to itself': [
    machine({ on: { A: { actions: sendTo(({ self }) => self, { type: 'B' }) }, B: { actions: say('B') } } }),
    'A',
  ],
  'a log': [machine({ on: { A: { actions: log('hello') } } }, {}), 'A'],
  // time
  after: [machine({ initial: 'x', states: { x: { after: { 100: 'y' } }, y: { entry: say('y') } } }), 50, 50, 10],
  'after with a named delay': [
    machine({ initial: 'x', states: { x: { after: { soon: 'y' } }, y: {} } }, { delays: { soon: 100 } }),
    99,
    1,
  ],
  'after with a computed delay': [
    machine(
      { context: { ms: 70 }, initial: 'x', states: { x: { after: { soon: 'y' } }, y: {} } },
      { delays: { soon: ({ context }: { context: { ms: number } }) => context.ms } },
    ),
    69,
    1,
  ],
  'after in each of two states': [
    machine({ initial: 'x', states: { x: { after: { 100: 'y' } }, y: { after: { 100: 'x' } } } }),
    100,
    100,
    100,
  ],
  'several after': [
    machine({
      initial: 'x',
      states: { x: { after: { 50: { actions: say('half') }, 100: 'y' }, on: { A: 'y' } }, y: {} },
    }),
    50,
    'B',
    50,
  ],
  'after that is left before': [
    machine({
      initial: 'x',
      states: { x: { after: { 100: { target: 'y', actions: say('late') } }, on: { A: 'y' } }, y: {} },
    }),
    'A',
    200,
  ],
  'after of a state around': [
    machine({ initial: 'x', states: { x: { ...flip, after: { 100: 'y' } }, y: {} } }),
    50,
    'A',
    50,
  ],
  'after with a guard': [
    machine({
      context: zero,
      initial: 'x',
      states: {
        x: {
          on: { A: { actions: count } },
          after: { 100: { guard: ({ context }: { context: typeof zero }) => context.count > 0, target: 'y' } },
        },
        y: {},
      },
    }),
    'A',
    100,
  ],
  'a state entered again': [
    machine({ initial: 'x', states: { x: { on: { A: { target: 'x', reenter: true } }, after: { 100: 'y' } }, y: {} } }),
    60,
    'A',
    60,
    40,
  ],
  'a late raise': [
    machine({ on: { A: { actions: raise({ type: 'B' }, { delay: 100 }) }, B: { actions: say('B') } } }),
    'A',
    50,
    'A',
    50,
    50,
  ],
  'a late raise that is cancelled': [
    machine({
      on: {
        A: { actions: raise({ type: 'B' }, { delay: 100, id: 'b' }) },
        C: { actions: cancel('b') },
        B: { actions: say('B') },
      },
    }),
    'A',
    'C',
    200,
    'A',
    100,
  ],
  'a late event to itself': [
    machine({
      on: { A: { actions: sendTo(({ self }) => self, { type: 'B' }, { delay: 100 }) }, B: { actions: say('B') } },
    }),
    'A',
    100,
  ],
  // machines inside
  'an invoked machine': [
    machine(
      {
        initial: 'x',
        states: {
          x: { invoke: { id: 'kid', src: 'kid', onDone: 'y' }, on: { A: { actions: sendTo('kid', { type: 'A' }) } } },
          y: { entry: say('done') },
        },
      },
      { actors: { kid } },
    ),
    'A',
    'A',
    'B',
  ],
  'an invoked machine that is left': [
    machine(
      {
        initial: 'x',
        states: {
          x: { invoke: { id: 'kid', src: 'kid', onDone: 'z' }, on: { A: { actions: forwardTo('kid') }, B: 'y' } },
          y: { on: { B: 'x' } },
          z: {},
        },
      },
      { actors: { kid } },
    ),
    'A',
    'B',
    'B',
    'A',
    'A',
  ],
  'an invoked machine that talks to its parent': [
    machine(
      {
        context: zero,
        invoke: { id: 'kid', src: 'talker' },
        on: { A: { actions: forwardTo('kid') }, HEARD: { actions: [count, sayCount] } },
      },
      { actors: { talker } },
    ),
    'A',
    'A',
  ],
  'an invoked machine that waits': [
    machine(
      { initial: 'x', states: { x: { invoke: { id: 'kid', src: 'kid', onDone: 'y' } }, y: { entry: say('done') } } },
      {
        actors: {
          kid: machine({ initial: 'p', states: { p: { after: { 100: 'q' } }, q: { after: { 50: 'r' } }, r: final } }),
        },
      },
    ),
    60,
    40,
    49,
    1,
  ],
  'an inline machine': [
    machine({
      initial: 'x',
      states: { x: { invoke: { id: 'kid', src: kid, onDone: 'y' }, on: { A: { actions: forwardTo('kid') } } }, y: {} },
    }),
    'A',
    'A',
  ],
  'two levels of machines': [
    machine(
      {
        initial: 'x',
        states: {
          x: { invoke: { id: 'mid', src: 'mid', onDone: 'y' }, on: { A: { actions: forwardTo('mid') } } },
          y: {},
        },
      },
      {
        actors: {
          mid: machine(
            {
              initial: 'p',
              states: {
                p: { invoke: { id: 'kid', src: 'kid', onDone: 'q' }, on: { A: { actions: forwardTo('kid') } } },
                q: final,
              },
            },
            { actors: { kid } },
          ),
        },
      },
    ),
    'A',
    'A',
  ],
  'an output of a machine inside': [
    machine(
      {
        context: { got: null },
        initial: 'x',
        states: {
          x: {
            invoke: {
              id: 'kid',
              src: 'kid',
              input: { n: 4 },
              onDone: {
                target: 'y',
                actions: assign({ got: ({ event }) => (event as never as { output: unknown }).output }),
              },
            },
          },
          y: {},
        },
      },
      {
        actors: {
          kid: machine({
            context: ({ input }: { input: { n: number } }) => input,
            initial: 'p',
            states: { p: { after: { 10: 'q' } }, q: final },
            output: ({ context }: { context: { n: number } }) => context.n * 2,
          }),
        },
      },
    ),
    5,
    5,
  ],
  'a spawned machine': [
    machine(
      {
        context: { ref: undefined },
        on: {
          A: { actions: assign({ ref: ({ spawn }) => spawn('kid' as never, { id: 'kid' } as never) }) },
          B: { actions: sendTo(({ context }) => context['ref'], { type: 'A' }) },
          'xstate.done.actor.kid': { actions: say('done') },
        },
      },
      { actors: { kid } },
    ),
    'A',
    'B',
    'B',
  ],
  'a spawned machine that is stopped': [
    machine(
      {
        context: { ref: undefined },
        on: {
          A: { actions: assign({ ref: ({ spawn }) => spawn('talker' as never, { id: 'kid' } as never) }) },
          B: { actions: sendTo('kid', { type: 'A' }) },
          C: { actions: [stopChild('kid'), assign({ ref: undefined })] },
          HEARD: { actions: say('heard') },
        },
      },
      { actors: { talker } },
    ),
    'A',
    'B',
    'C',
  ],
  'an invoked reducer': [
    machine(
      {
        invoke: { id: 'sum', src: 'adder' },
        on: {
          A: { actions: forwardTo('sum') },
          B: {
            actions: emit(({ self }) => ({
              type: 'said',
              data: {
                word: JSON.stringify(
                  (
                    self.getSnapshot() as never as { children: { sum: { getSnapshot(): { context: unknown } } } }
                  ).children.sum.getSnapshot().context,
                ),
              },
            })),
          },
        },
      },
      { actors: { adder } },
    ),
    'A',
    'A',
    'B',
  ],
  'a machine spawned without an id that raises something later': [
    machine(
      { on: { A: { actions: spawnChild('sleeper') }, HEARD: { actions: say('heard') } } },
      { actors: { sleeper } },
    ),
    'A',
    50,
    'B',
    1_000,
    1_000,
  ],
  'an invoked machine whose snapshots are listened to': [
    machine(
      {
        context: zero,
        invoke: { id: 'kid', src: 'kid', onSnapshot: { actions: [count, sayCount] } },
        on: { A: { actions: forwardTo('kid') } },
      },
      { actors: { kid } },
    ),
    'B',
    'A',
    'B',
    'A',
  ],
  'another child of the same id whose snapshots are listened to': [
    machine(
      {
        context: zero,
        initial: 'x',
        states: {
          x: { invoke: { id: 'kid', src: 'kid' }, on: { B: 'y' } },
          y: { invoke: { id: 'kid', src: 'kid', onSnapshot: { actions: [count, sayCount] } } },
        },
      },
      { actors: { kid } },
    ),
    'A',
    'B',
    'C',
  ],
  'a machine inside that listens to the snapshots of one inside it': [
    machine(
      {
        invoke: { id: 'holder', src: 'holder', onSnapshot: { actions: sayInner } },
        on: { A: { actions: forwardTo('holder') } },
      },
      {
        actors: {
          holder: machine(
            {
              context: zero,
              invoke: { id: 'kid', src: 'kid', onSnapshot: { actions: count } },
              on: { A: { actions: forwardTo('kid') } },
            },
            { actors: { kid } },
          ),
        },
      },
    ),
    'B',
    'A',
    'B',
    'A',
  ],
  'tags and meta': [
    machine({ initial: 'x', states: { x: { tags: ['calm'], meta: { a: 1 }, on: { A: 'y' } }, y: { tags: ['wild'] } } }),
    'A',
  ],
  'a context of many kinds': [
    machine({
      context: { at: new Date(5), all: new Map([['a', 1n]]), none: undefined },
      on: {
        A: {
          actions: assign({ all: ({ context }) => new Map([...(context['all'] as Map<string, bigint>), ['b', 2n]]) }),
        },
      },
    }),
    'A',
    'B',
  ],
}

/** Machines with each feature of XState, without outside work. */
export const machines: readonly Example[] = Object.entries(examples).map(([name, [machine, ...acts]]) => ({
  name,
  machine,
  acts,
}))
