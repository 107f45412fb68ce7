import { expect, it } from 'vitest'
import { createMachine, fromPromise } from 'xstate'
import { chartOf } from '../../playground/play/chart.ts'

it('a chart has states within states, beginnings, ends, what is invoked, and what each transition follows on', () => {
  const machine = createMachine({
    id: 'oven',
    initial: 'cold',
    on: { unplug: '.broken' },
    states: {
      cold: { on: { light: 'hot', knock: {} } },
      hot: {
        initial: 'heating',
        after: { 500: 'broken' },
        states: {
          heating: {
            invoke: { id: 'bake', src: fromPromise(async () => {}), onDone: 'ready', onError: '#oven.broken' },
          },
          ready: { always: '#oven.cold' },
        },
      },
      broken: { type: 'final' },
    },
  })
  expect(chartOf(machine).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> cold',
    '  state "cold" as cold',
    '  state "hot" as hot',
    '  state hot {',
    '    [*] --> hot__heating',
    '    state "heating\\ndoes bake" as hot__heating',
    '    state "ready" as hot__ready',
    '    hot__heating --> hot__ready : bake is done',
    '  }',
    '  state "broken" as broken',
    '  broken --> [*]',
    '  cold --> broken : unplug',
    '  hot --> broken : unplug, after 500 ms',
    '  broken --> broken : unplug',
    '  cold --> hot : light',
    '  cold --> cold : knock',
    '  hot__heating --> broken : bake fails',
    '  hot__ready --> cold : always',
  ])
})

it('a machine without states is one state', () => {
  expect(chartOf(createMachine({ id: 'bell', on: { ring: {} } }))).toBe(
    'stateDiagram-v2\n  bell\n  bell --> bell : ring',
  )
})
