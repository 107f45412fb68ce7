import { expect, it } from 'vitest'
import { Actor, type ActorLogic, type AnyActorRef, createActor, type EventObject, type Snapshot } from 'xstate'
import {
  bookAbove,
  bookId,
  inspected,
  isStopped,
  loggerOf,
  notStarted,
  observable,
  relay,
  relayingOnly,
  running,
  stopped,
  stopRef,
} from '../../src/actor/xstate-privates.ts'

const logic: ActorLogic<Snapshot<undefined>, EventObject> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  transition: snapshot => snapshot,
  getPersistedSnapshot: snapshot => snapshot,
}

function family() {
  const parent = createActor(logic, { id: 'parent' })
  const child = createActor(logic, { id: 'child', parent })
  return { parent, child, system: parent.system }
}

it('XState says by these numbers whether an actor is started and has ended', () => {
  const { child } = family()
  const said = () => Reflect.get(child, '_processingStatus')
  expect(said()).toBe(notStarted)
  child.start()
  expect(said()).toBe(running)
  stopRef(child)
  expect(said()).toBe(stopped)
  expect(isStopped(child)).toBe(true)
})

it('XState numbers all actors of a process', () => {
  const { system } = family()
  const next = Number(bookId(system).slice('x:'.length))
  expect(createActor(logic).sessionId).toBe(`x:${next + 1}`)
})

it('XState tells those that inspect a system of an event that is relayed, and hands it over', () => {
  const taken: string[] = []
  const seen: unknown[] = []
  const hearing = { ...logic, transition: (one: Snapshot<undefined>, { type }: EventObject) => (taken.push(type), one) }
  const actor = createActor(hearing, { inspect: event => seen.push(event) }).start()
  seen.length = 0
  relay(actor.system, actor, actor, { type: 'poked' })
  expect(taken).toEqual(['poked'])
  expect(seen).toMatchObject([
    { type: '@xstate.event', sourceRef: actor, actorRef: actor, event: { type: 'poked' } },
    { type: '@xstate.snapshot', actorRef: actor },
  ])
  inspected(actor.system, { type: '@xstate.action', actorRef: actor, action: { type: 'log', params: 1 } })
  expect(seen.at(-1)).toEqual({
    type: '@xstate.action',
    actorRef: actor,
    action: { type: 'log', params: 1 },
    rootId: actor.sessionId,
  })
})

it('XState takes session ids from the function that was put in its place', () => {
  const { parent, system } = family()
  bookAbove(system, 40)
  expect(createActor(logic, { parent }).sessionId).toBe('x:41')
  expect(createActor(logic, { parent }).sessionId).toBe('x:42')
})

it('XState sends events between actors, and what is sent to them, through the function that was put in its place', () => {
  const { parent, child, system } = family()
  parent.start()
  child.start()
  const passed: string[] = []
  const isPassed = (_: unknown, { type }: EventObject) => passed.push(type) > 1
  relayingOnly(system, isPassed, () => {
    child.send({ type: 'kept' })
    child.send({ type: 'passed' })
  })
  child.send({ type: 'later' })
  expect(passed).toEqual(['kept', 'passed'])
})

it('XState logs with the logger of the system', () => {
  const logger = () => {}
  expect(loggerOf(createActor(logic, { logger }).system)).toBe(logger)
})

it('an actor of XState is its own observable', () => {
  const actor: AnyActorRef = createActor(logic)
  expect(Reflect.apply(Reflect.get(actor, observable), actor, [])).toBe(actor)
})

// A new name may be something that XState calls on the children of a machine, which `SmallRef` then needs too.
it('an actor of XState has these methods', () => {
  expect(Object.getOwnPropertyNames(Actor.prototype).toSorted()).toEqual(
    [
      '_complete',
      '_error',
      '_initState',
      '_process',
      '_reportError',
      '_send',
      '_stop',
      '_stopProcedure',
      ...(typeof observable === 'string' ? [observable] : []),
      'attachDevTools',
      'constructor',
      'getPersistedSnapshot',
      'getSnapshot',
      'on',
      'select',
      'send',
      'start',
      'stop',
      'subscribe',
      'toJSON',
      'update',
    ].toSorted(),
  )
})
