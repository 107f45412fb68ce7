import fc from 'fast-check'
import {
  type Agent,
  defineAgent,
  MachineChangedError,
  MachineForeignError,
  MachineUnknownError,
  MachineVersionError,
  SnapshotShapeError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, createActor, createMachine, fromPromise, setup } from 'xstate'
import { restorable } from '../../src/agent/restorable.ts'
import { first, firstMachine, second, secondWith } from '../support/bakers.ts'
import { checkpointOf, jsonOf, sendAll, thrownBy } from '../support/checkpoints.ts'

const agentOf = (name: string, machine: AnyStateMachine): Agent => defineAgent({ name, machine, hears: [], says: [] })
const machineWith = (version: string, ...states: readonly string[]): AnyStateMachine =>
  createMachine({
    id: 'any',
    version,
    initial: states[0],
    states: Object.fromEntries(states.map(state => [state, {}])),
  })

const only = (current: Agent | undefined, ...registered: readonly Agent[]) => ({ current, registered })

describe('bare XState', () => {
  const one = createMachine({ id: 'one', context: { cakes: 3 }, initial: 'idle', states: { idle: {}, busy: {} } })
  const snapshot = createActor(one).getPersistedSnapshot()

  it('goes on with what another machine saved, if the names of its states are the same; an agent does not', () => {
    const two = createMachine({ id: 'two', context: { guests: 0 }, initial: 'idle', states: { idle: {}, busy: {} } })
    expect(createActor(two, { snapshot }).getSnapshot()).toMatchObject({ status: 'active', context: { cakes: 3 } })
    expect(() => restorable(checkpointOf(agentOf('one', one)), only(agentOf('two', two)))).toThrow(MachineForeignError)
    expect(() => restorable(checkpointOf(agentOf('one', one)), only(agentOf('one', two)))).toThrow(MachineChangedError)
  })

  it('garbles what was saved in a state that has another name now; an agent does not', () => {
    const renamed = createMachine({ id: 'one', context: { cakes: 0 }, initial: 'waiting', states: { waiting: {} } })
    const garbled = createActor(renamed, { snapshot })
    garbled.subscribe({ error: () => {} })
    expect(garbled.start().getSnapshot()).toMatchObject({ status: 'error' })
    expect(garbled.getSnapshot().value).toBeUndefined()
    expect(() => restorable(checkpointOf(agentOf('one', one)), only(agentOf('one', renamed)))).toThrow(
      MachineChangedError,
    )
  })
})

describe('a checkpoint', () => {
  it('is restored unchanged by the definition that saved it', () => {
    const checkpoint = checkpointOf(first, 'bakery.order')
    expect(restorable(checkpoint, only(first))).toEqual({ agent: first, snapshot: checkpoint.snapshot })
  })

  it('is restored by a machine that was provided with other actors', () => {
    const machine = firstMachine.provide({ actors: { oven: fromPromise(async () => 2) } })
    const tested = agentOf('baker', machine)
    expect(restorable(checkpointOf(first, 'bakery.order'), only(tested)).agent).toBe(tested)
  })

  it('is restored by a registered older definition, although there is a migration from it', () => {
    const checkpoint = checkpointOf(first, 'bakery.order')
    const restored = restorable(checkpoint, only(second, first))
    expect(restored).toEqual({ agent: first, snapshot: checkpoint.snapshot })
  })

  it('is migrated to a registered definition if the program has no other', () => {
    expect(restorable(checkpointOf(first), only(undefined, second))).toMatchObject({ agent: second, migratedFrom: '1' })
  })

  it('is restored, whatever the machine has done before', () => {
    const checkpoint = fc.array(fc.constantFrom('next', 'back', 'off', 'on', 'end'))
    fc.assert(
      fc.property(checkpoint, checkpoint, (before, after) => {
        const { snapshot } = restorable(checkpointOf(player, ...before), only(player))
        const actor = createActor(player.machine, { snapshot }).start()
        sendAll(actor, after)
        expect(jsonOf(actor.getPersistedSnapshot())).toEqual(checkpointOf(player, ...before, ...after).snapshot)
      }),
    )
  })
})

/** Regions, nested states, history of both kinds, an end, and a machine that it invokes. */
const player = agentOf(
  'player',
  setup({ actors: { lamp: machineWith('1', 'dark', 'bright') } }).createMachine({
    id: 'player',
    initial: 'playing',
    states: {
      playing: {
        type: 'parallel',
        invoke: { id: 'lamp', src: 'lamp' },
        on: { off: 'silent', end: 'over' },
        states: {
          track: {
            initial: 'side',
            states: {
              side: {
                initial: 'first',
                states: { first: { on: { next: 'last' } }, last: { on: { next: '#player.playing.track.pause' } } },
              },
              pause: { on: { next: 'before' } },
              before: { type: 'history', history: 'deep' },
            },
          },
          volume: { initial: 'low', states: { low: { on: { back: 'high' } }, high: { on: { back: 'low' } } } },
          light: {},
          again: { type: 'history' },
        },
      },
      silent: { on: { on: 'playing.again', end: 'over' } },
      over: { type: 'final' },
    },
  }),
)

describe('a checkpoint that no machine fits', () => {
  it('is that of a machine that was changed, but not its version', () => {
    const saved = checkpointOf(agentOf('host', machineWith('1', 'idle', 'busy')))
    const error = thrownBy(() => restorable(saved, only(agentOf('host', machineWith('1', 'idle', 'late')))))
    expect(error).toBeInstanceOf(MachineChangedError)
    expect(error).toMatchObject({ code: 'MACHINE_CHANGED', agent: 'host', version: '1' })
    expect(error).toHaveProperty('message', expect.stringContaining('declare a migration from "1", or register'))
  })

  it('is that of a version from which no migration leads on', () => {
    const saved = checkpointOf(agentOf('baker', machineWith('0', 'idle')))
    const error = thrownBy(() => restorable(saved, only(second)))
    expect(error).toBeInstanceOf(MachineVersionError)
    expect(error).toMatchObject({ code: 'MACHINE_VERSION', agent: 'baker', version: '0', known: ['2', '1'] })
  })

  it('belongs to a newer program', () => {
    const error = thrownBy(() => restorable(checkpointOf(second), only(first)))
    expect(error).toMatchObject({ code: 'MACHINE_VERSION', version: '2', known: ['1'] })
    expect(error).toHaveProperty('message', expect.stringContaining('run the program that saved it'))
  })

  it('belongs to another agent', () => {
    const error = thrownBy(() => restorable(checkpointOf(agentOf('host', first.machine)), only(first)))
    expect(error).toBeInstanceOf(MachineForeignError)
    expect(error).toMatchObject({
      code: 'MACHINE_FOREIGN',
      agent: 'baker',
      definition: expect.stringMatching(/^host@1#/),
    })
  })

  it('belongs to an agent that the program does not have any more', () => {
    const error = thrownBy(() => restorable(checkpointOf(first), only(undefined, agentOf('host', first.machine))))
    expect(error).toBeInstanceOf(MachineUnknownError)
    expect(error).toMatchObject({ code: 'MACHINE_UNKNOWN', agent: 'baker', version: '1' })
  })
})

/** A state is written as its name alone, or with nothing in it. */
function spelled(value: unknown): unknown {
  if (typeof value === 'string') return { [value]: {} }
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, inner]) => [key, spelled(inner)]))
}

describe('what was saved badly', () => {
  const { definition, snapshot } = checkpointOf(player, 'next', 'off', 'on')
  const saved = (change: object) => ({ definition, snapshot: Object.assign({}, snapshot, change) })

  it.each<[string, object]>([
    ['a status that there is not', { status: 'waiting' }],
    ['no status', { status: undefined }],
    ['no context', { context: null }],
    ['a list for a context', { context: [] }],
    ['no children', { children: undefined }],
    ['a state that there is not', { value: 'humming' }],
    ['a state within one that has none', { value: { silent: 'first' } }],
    ['two states at once', { value: { silent: {}, over: {} } }],
    ['too few regions', { value: { playing: { track: 'pause' } } }],
    ['not all of a state', { value: 'playing' }],
    ['a state that only every object has', { value: 'constructor' }],
    ['a history state', { value: { playing: { track: 'before', volume: 'low', light: {} } } }],
    ['an end that it did not come to', { status: 'done' }],
    ['an end that is over, and no end', { value: 'over' }],
    ['a child that nobody knows', { children: { lamp: { src: 'sun', snapshot: {} } } }],
    ['a child that is no machine', { children: { lamp: { src: 'lamp', snapshot: { status: 'active' } } } }],
    [
      'a child in a state that there is not',
      { children: { lamp: { src: 'lamp', snapshot: { status: 'active', value: 'dim', context: {}, children: {} } } } },
    ],
    ['a past that there is not', { historyValue: { 'player.playing.again': [{ id: 'player.humming' }] } }],
    ['a past of somewhere else', { historyValue: { 'player.playing.again': [{ id: 'player.silent' }] } }],
    ['a past of nothing', { historyValue: { humming: [{ id: 'player.silent' }] } }],
  ])('is refused: %s', (_, change) => {
    const error = thrownBy(() => restorable(saved(change), only(player)))
    expect(error).toBeInstanceOf(SnapshotShapeError)
    expect(error).toMatchObject({ code: 'SNAPSHOT_SHAPE', agent: 'player' })
  })

  it.each([[null], [undefined], [7], ['idle'], [[]]])('is refused: %j for all of it', whole => {
    expect(() => restorable({ definition, snapshot: whole }, only(player))).toThrow(SnapshotShapeError)
  })

  it('is refused if it has no identity', () => {
    expect(() => restorable({ definition: 'player', snapshot }, only(player))).toThrow(SnapshotShapeError)
  })

  it('is refused before any migration sees it', () => {
    const error = thrownBy(() =>
      restorable({ ...checkpointOf(first), snapshot: { value: 'open' } }, only(secondWith({}))),
    )
    expect(error).toBeInstanceOf(SnapshotShapeError)
  })

  it('is refused, or restored in exactly the state that it names', () => {
    const names = fc.constantFrom('playing', 'silent', 'track', 'side', 'first', 'pause', 'before', 'low', 'high')
    const { wild } = fc.letrec(tie => ({
      wild: fc.oneof({ maxDepth: 4 }, names, fc.dictionary(names, tie('wild'), { maxKeys: 3 }), fc.jsonValue()),
    }))
    const playing = fc.record({
      track: fc.oneof(names, fc.record({ side: names })),
      volume: names,
      light: fc.constantFrom({}, 'first'),
    })
    const counts = { refused: 0, restored: 0 }
    fc.assert(
      fc.property(fc.oneof(wild, fc.record({ playing })), value => {
        const known = only(player)
        const error = thrownBy(() => restorable(saved({ value }), known))
        if (error !== undefined) {
          counts.refused++
          expect(error).toBeInstanceOf(SnapshotShapeError)
        } else {
          counts.restored++
          const { snapshot } = restorable(saved({ value }), known)
          expect(spelled(createActor(player.machine, { snapshot }).getSnapshot().value)).toEqual(spelled(value))
        }
      }),
      { numRuns: 1_000 },
    )
    expect(Math.min(counts.refused, counts.restored)).toBeGreaterThan(0)
  })
})
