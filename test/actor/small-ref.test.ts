import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  type ActorLogic,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyActorScope,
  createActor,
  type EventObject,
  type Snapshot,
} from 'xstate'
import { SmallRef } from '../../src/actor/small-ref.ts'

interface Options {
  readonly id: string
  readonly parent: AnyActorRef
  readonly input?: unknown
  readonly src?: string
}

/** How a child is made: as an actor of XState, or as a small ref. */
type Create = (logic: AnyActorLogic, options: Options) => AnyActorRef

const asXState: Create = (logic, options) => createActor(logic, options)
const asSmallRef: Create = (logic, options) => new SmallRef(logic, options)

const active = { status: 'active', output: undefined, error: undefined } as const

/** What a child does on an event. */
type Deed =
  | 'note'
  | 'throw'
  | 'done'
  | 'error'
  | 'again'
  | 'defer'
  | 'deferTwice'
  | 'deferThrow'
  | 'emit'
  | 'stopMe'
  | 'act'
const deeds: readonly Deed[] = [
  'note',
  'throw',
  'done',
  'error',
  'again',
  'defer',
  'deferTwice',
  'deferThrow',
  'emit',
  'stopMe',
  'act',
]

type Counted = Snapshot<unknown> & { readonly count: number }

interface World {
  readonly log: string[]
  readonly child: AnyActorRef
  readonly parent: AnyActorRef
  /** The actors whose timers were cancelled. */
  readonly cancelled: readonly string[]
}

/** A logic that does what it is told, and notes it. */
function doing(log: string[], begin: Deed | 'nothing', atStart: Deed | 'nothing'): AnyActorLogic {
  const perform = (deed: string, snapshot: Counted, scope: AnyActorScope): Counted => {
    const next: Counted = { ...snapshot, count: snapshot.count + 1 }
    const { self } = scope
    switch (deed) {
      case 'throw':
        throw new Error('thrown')
      case 'done':
        return { ...next, status: 'done', output: next.count, error: undefined }
      case 'error':
        return { ...next, status: 'error', output: undefined, error: new Error('ended') }
      case 'again':
        self.send({ type: 'note' })
        self.send({ type: 'note' })
        log.push('sent')
        return next
      case 'defer':
        scope.defer(() => log.push(`deferred at ${self.getSnapshot().count}`))
        return next
      case 'deferTwice':
        scope.defer(() => {
          log.push('first')
          scope.defer(() => log.push('last'))
        })
        scope.defer(() => log.push('second'))
        scope.defer(() => log.push('third'))
        return next
      case 'deferThrow':
        scope.defer(() => log.push('before'))
        scope.defer(() => {
          throw new Error('deferred')
        })
        scope.defer(() => log.push('after'))
        return next
      case 'emit':
        scope.defer(() => scope.emit({ type: 'said', count: next.count }))
        return next
      case 'stopMe':
        self._parent?.send({ type: 'stop' })
        return next
      case 'act':
        scope.actionExecutor({ type: 'act', info: {} as never, params: 1, exec: () => void log.push('acted') })
        return next
      default:
        return next
    }
  }
  const logic: ActorLogic<Counted, EventObject, unknown> = {
    getInitialSnapshot: (scope, input) => {
      log.push(`began with ${String(input)} as ${scope.id}`)
      return perform(begin, { ...active, count: 0 }, scope)
    },
    start: (snapshot, scope) => void perform(atStart, snapshot, scope),
    transition: (snapshot, event, scope) => {
      log.push(`took ${event.type}`)
      if (event.type === 'xstate.stop') return { ...snapshot, status: 'stopped', output: undefined, error: undefined }
      return perform(event.type, snapshot, scope)
    },
    getPersistedSnapshot: snapshot => ({ ...snapshot, persisted: true }),
  }
  return logic
}

/** A parent that notes what its child tells it, and stops it when it is asked to. */
function world(create: Create, begin: Deed | 'nothing', atStart: Deed | 'nothing'): World {
  const log: string[] = []
  const made: { child?: AnyActorRef } = {}
  const parentLogic: ActorLogic<Snapshot<undefined>, EventObject> = {
    getInitialSnapshot: () => active,
    getPersistedSnapshot: snapshot => snapshot,
    transition: (snapshot, event, scope) => {
      log.push(`parent: ${shown(event)}, child ${status(made.child)}`)
      if (event.type === 'stop' && made.child) scope.stopChild(made.child)
      return snapshot
    },
  }
  const parent = createActor(parentLogic, {
    id: 'parent',
    inspect: event => {
      if (Reflect.get(event.actorRef, 'id') === 'child') log.push(`inspected: ${seen({ ...event })}`)
    },
  }).start()
  const cancelled: string[] = []
  const scheduler = { ...parent.system.scheduler, cancelAll: ({ id }: AnyActorRef) => void cancelled.push(id) }
  parent.system.scheduler = scheduler
  const child = create(doing(log, begin, atStart), { id: 'child', parent, input: 7 })
  made.child = child
  return { log, child, parent, cancelled }
}

const shown = (value: unknown) =>
  JSON.stringify(value, (_, part: unknown) => (part instanceof Error ? part.message : part))

function seen({ type, event, snapshot, action, sourceRef }: Record<string, unknown>): string {
  return shown({ type, event, snapshot, action, from: isRef(sourceRef) ? sourceRef.id : sourceRef })
}

function isRef(value: unknown): value is AnyActorRef {
  return typeof value === 'object' && value !== null && 'sessionId' in value
}

function status(ref: AnyActorRef | undefined): unknown {
  return ref && Reflect.get(ref, '_processingStatus')
}

type Op =
  | { readonly op: 'start' | 'stop' | 'subscribe' | 'unsubscribe' | 'listen' | 'look' }
  | { readonly op: 'send'; readonly deed: Deed }

/** Does the same to a child of either kind, and tells all that could be seen. */
function played(
  create: Create,
  begin: Deed | 'nothing',
  atStart: Deed | 'nothing',
  ops: readonly Op[],
): readonly string[] {
  const { log, child, parent, cancelled } = world(create, begin, atStart)
  let ends: (() => void)[] = []
  const observe = () => {
    const observer = {
      next: (snapshot: unknown) => void log.push(`next ${shown(snapshot)}`),
      error: (error: unknown) => void log.push(`error ${String(error)}`),
      complete: () => void log.push('complete'),
    }
    const { unsubscribe } = child.subscribe(observer)
    ends.push(unsubscribe)
  }
  const run = (one: Op) => {
    switch (one.op) {
      case 'start':
        return child.start()
      case 'stop':
        return parent.send({ type: 'stop' })
      case 'subscribe':
        return observe()
      case 'unsubscribe':
        for (const end of ends) end()
        ends = []
        return
      case 'listen':
        return ends.push(child.on('*', event => void log.push(`heard ${shown(event)}`)).unsubscribe)
      case 'look':
        return log.push(
          `${shown([child, child.getSnapshot(), child.getPersistedSnapshot(), child.select((one: Counted) => one.count).get()])}`,
        )
      case 'send':
        return child.send({ type: one.deed })
    }
  }
  for (const one of ops) {
    log.push(`-- ${shown(one)}`)
    run(one)
    log.push(`is ${status(child)}: ${shown([child.getSnapshot(), cancelled])}`)
  }
  return log
}

const send = fc.record({ op: fc.constant('send' as const), deed: fc.constantFrom(...deeds) })
const observing = fc.record({ op: fc.constantFrom('subscribe', 'unsubscribe', 'listen', 'look') })
const before = fc.array(fc.oneof(send, observing), { maxLength: 4 })
const stop = fc.constant({ op: 'stop' as const })
const after = fc.array(
  fc.oneof({ weight: 4, arbitrary: send }, { weight: 3, arbitrary: observing }, { weight: 1, arbitrary: stop }),
  { maxLength: 8 },
)
const atFirst = fc.constantFrom('nothing', 'done', 'error', 'throw', 'defer', 'deferThrow', 'act')
const started = fc.constantFrom('nothing', 'throw', 'again', 'defer', 'deferThrow', 'act')

describe('a small ref', () => {
  it('does, tells and shows what an actor of XState does, tells and shows', () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    fc.assert(
      fc.property(atFirst, started, before, after, (begin, atStart, early, late) => {
        const ops: readonly Op[] = [...early, { op: 'start' }, ...late]
        expect(played(asSmallRef, begin, atStart, ops)).toEqual(played(asXState, begin, atStart, ops))
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes nothing when it was stopped before its start, as an actor of XState', () => {
    const ops: readonly Op[] = [{ op: 'subscribe' }, { op: 'stop' }, { op: 'send', deed: 'note' }]
    const seen = played(asSmallRef, 'nothing', 'nothing', ops)
    expect(seen).toEqual(played(asXState, 'nothing', 'nothing', ops))
    expect(seen.at(-1)).toMatch(/^is 2: /)
  })

  it('tells a selection of its snapshots when it changes', () => {
    const { child } = world(asSmallRef, 'nothing', 'nothing')
    const told: number[] = []
    const isOdd = child.select((snapshot: Counted) => snapshot.count % 2)
    isOdd.subscribe(one => void told.push(one))
    child.start()
    for (const type of ['note', 'note', 'note']) child.send({ type })
    expect(told).toEqual([0, 1, 0])
    expect(isOdd.get()).toBe(0)
  })

  it('can be sent events by a function that was taken off it', () => {
    const { child, log } = world(asSmallRef, 'nothing', 'nothing')
    child.start()
    const { send } = child
    send({ type: 'note' })
    expect(log).toContain('took note')
  })

  it('cannot be stopped except by its parent', () => {
    const { child } = world(asSmallRef, 'nothing', 'nothing')
    child.start()
    expect(() => child.stop()).toThrow('A non-root actor cannot be stopped directly.')
    const stranger = world(asSmallRef, 'nothing', 'nothing')
    const logic = doing([], 'nothing', 'nothing')
    const scope = new SmallRef(logic, { id: 'other', parent: stranger.parent })
    expect(() => scope.stopChild(child)).toThrow('Cannot stop child actor child of other because it is not a child')
  })

  it('has the name of its logic, where its parent has one for it', () => {
    const logic = doing([], 'nothing', 'nothing')
    const { parent } = world(asSmallRef, 'nothing', 'nothing')
    expect(new SmallRef(logic, { id: 'one', parent }).src).toBe(logic)
    expect(new SmallRef(logic, { id: 'one', parent, src: 'named' }).src).toBe('named')
  })

  it('has a session id of its own, which stays', () => {
    const { child, parent } = world(asSmallRef, 'nothing', 'nothing')
    expect(child.sessionId).toMatch(/^x:\d+$/)
    expect(child.sessionId).toBe(child.sessionId)
    expect(child.sessionId).not.toBe(parent.sessionId)
  })
})
