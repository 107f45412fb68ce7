import { expect, it } from 'vitest'
import { createMachine, fromPromise } from 'xstate'
import { chartOf } from '../../src/cli/chart.ts'

it('a chart has nested, initial and final states, the invoked work, and the cause of each transition', () => {
  const machine = createMachine({
    id: 'oven',
    initial: 'cold',
    on: { unplug: '.broken' },
    states: {
      cold: { on: { light: 'hot', knock: {}, wipe: {}, chill: { target: 'cold', reenter: true } } },
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
    '  state "cold<br>stays: knock,<br>wipe<br>again: chill" as cold',
    '  state "hot" as hot',
    '  state hot {',
    '    [*] --> hot__heating',
    '    state "heating<br>does bake" as hot__heating',
    '    state "ready" as hot__ready',
    '    hot__heating --> hot__ready : bake is done',
    '  }',
    '  state "broken" as broken',
    '  broken --> [*]',
    '  cold --> broken : unplug',
    '  hot --> broken : unplug,<br>after 500 ms',
    '  cold --> hot : light',
    '  hot__heating --> broken : bake fails',
    '  hot__ready --> cold : always',
  ])
})

it('a machine without states is one state', () => {
  expect(chartOf(createMachine({ id: 'bell', on: { ring: {} } }))).toBe(
    'stateDiagram-v2\n  state "bell<br>stays: ring" as bell',
  )
})

it('a transition of a state with nested states is at its arrow, and one from its parent enters the state again', () => {
  const machine = createMachine({
    id: 'radio',
    initial: 'off',
    on: { switch: '.on', mute: '.off' },
    states: {
      off: {},
      on: { initial: 'loud', states: { loud: {} }, invoke: { id: 'play', src: fromPromise(async () => {}) } },
    },
  })
  expect(chartOf(machine).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> off',
    '  state "off<br>again: mute" as off',
    '  state "on, does play" as on',
    '  state on {',
    '    [*] --> on__loud',
    '    state "loud" as on__loud',
    '  }',
    '  off --> on : switch',
    '  on --> on : switch',
    '  on --> off : mute',
  ])
})

it('parallel states stand below each other', () => {
  const machine = createMachine({ id: 'desk', type: 'parallel', states: { lamp: { on: { press: {} } }, clock: {} } })
  expect(chartOf(machine).split('\n')).toEqual([
    'stateDiagram-v2',
    '  direction LR',
    '  state "lamp<br>stays: press" as lamp',
    '  state "clock" as clock',
  ])
})

it('a chart names work by its source if it has no id', () => {
  const machine = createMachine({
    initial: 'sending',
    states: { sending: { invoke: { src: 'sendMail', onDone: 'sent' } }, sent: {} },
  })
  const chart = chartOf(machine)
  expect(chart).toContain('"sending<br>does sendMail"')
  expect(chart).toContain('sending --> sent : sendMail is done')
})
