import type { AnyActorLogic, AnyActorRef, AnyActorScope, EventObject, ExecutableActionObject, Snapshot } from 'xstate'
import { Fifo } from '../fifo.ts'
import type { ActorSystem } from '../invoke/outside.ts'
import { RefObservers } from './ref-observers.ts'
import {
  bookId,
  inspected,
  loggerOf,
  notStarted,
  observable,
  type ProcessingStatus,
  relay,
  running,
  stopped,
  stopRef,
} from './xstate-privates.ts'

/** What a small ref is made with; as for XState's `createActor`. */
interface SmallRefOptions {
  readonly id: string
  readonly parent: AnyActorRef
  readonly input?: unknown
  /** The name of the logic in the machine of the parent. */
  readonly src?: string | undefined
}

/** How an actor tells its parent that it has ended. */
interface Ended extends EventObject {
  readonly actorId: string
  readonly output?: unknown
  readonly error?: unknown
}

/**
 * What XState's `Actor` is to its parent, its logic and its observers, in less than half of the memory: it is its own scope, and has a
 * session id, a queue and observers only when something asks for them. It always has a parent, and it never has a `systemId`.
 */
export class SmallRef implements AnyActorRef, AnyActorScope {
  declare readonly [Symbol.observable]: AnyActorRef[typeof Symbol.observable]
  readonly id: string
  readonly logic: AnyActorLogic
  readonly system: ActorSystem
  readonly _parent: AnyActorRef
  readonly #input: unknown
  readonly #src: string | undefined
  #snapshot: Snapshot<unknown> | undefined
  #processing: ProcessingStatus = notStarted
  /** Whether it handles the next event at once: it is started, and handles no other event. */
  #isOpen = false
  #waiting: Fifo<EventObject> | undefined
  // Nearly all steps defer one function: they need no array.
  #deferred: (() => void) | undefined
  #deferredToo: (() => void)[] | undefined
  #session: string | undefined
  #send: ((event: EventObject) => void) | undefined
  #observers: RefObservers | undefined

  constructor(logic: AnyActorLogic, { id, parent, input, src }: SmallRefOptions) {
    this.id = id
    this.logic = logic
    this.system = parent.system
    this._parent = parent
    this.#input = input
    this.#src = src
    inspected(this.system, { type: '@xstate.actor', actorRef: this })
    try {
      this.#snapshot = logic.getInitialSnapshot(this, input)
    } catch (error) {
      this.#snapshot = { status: 'error', output: undefined, error }
    }
  }

  // ---- as an actor ----

  get ref(): this {
    return this
  }

  get src(): string | AnyActorLogic {
    return this.#src ?? this.logic
  }

  get sessionId(): string {
    return (this.#session ??= bookId(this.system))
  }

  get _processingStatus(): ProcessingStatus {
    return this.#processing
  }

  /** A child that tells its parent of its snapshots is left to XState. */
  get _syncSnapshot(): boolean {
    return false
  }

  /** Also as a function alone, as in XState. */
  get send(): (event: EventObject) => void {
    return (this.#send ??= event => relay(this.system, undefined, this, event))
  }

  getSnapshot(): Snapshot<unknown> {
    if (!this.#snapshot) throw new Error("Snapshot can't be read while the actor initializes itself")
    return this.#snapshot
  }

  getPersistedSnapshot(options?: unknown): Snapshot<unknown> {
    return this.logic.getPersistedSnapshot(this.#snapshot, options)
  }

  toJSON(): object {
    return { xstate$$type: 1, id: this.id }
  }

  start(): void {
    if (this.#processing === running) return
    this.#processing = running
    const { system, _parent: sourceRef } = this
    const event = { type: 'xstate.init', input: this.#input }
    inspected(system, { type: '@xstate.event', sourceRef, actorRef: this, event })
    const snapshot = this.getSnapshot()
    if (snapshot.status === 'done') return this.#update(snapshot, event)
    if (snapshot.status === 'error') return this.#fail(snapshot.error)
    try {
      this.logic.start?.(snapshot, this)
    } catch (error) {
      return this.#failIn(error)
    }
    this.#update(snapshot, event)
    this.#takeWaiting()
  }

  stop(): void {
    throw new Error('A non-root actor cannot be stopped directly.')
  }

  _send(event: EventObject): void {
    if (this.#processing !== stopped) this.#enqueue(event)
  }

  _stop(): void {
    if (this.#processing === stopped) return
    this.#waiting = undefined
    if (this.#processing === notStarted) this.#processing = stopped
    else this.#enqueue({ type: 'xstate.stop' })
  }

  // ---- as a scope: what its logic calls ----

  get self(): this {
    return this
  }

  get logger(): AnyActorScope['logger'] {
    return loggerOf(this.system)
  }

  defer(fn: () => void): void {
    if (this.#deferred) (this.#deferredToo ??= []).push(fn)
    else this.#deferred = fn
  }

  stopChild(child: AnyActorRef): void {
    if (child._parent !== this)
      throw new Error(`Cannot stop child actor ${child.id} of ${this.id} because it is not a child`)
    stopRef(child)
  }

  emit(event: EventObject): void {
    this.#observers?.emit(event)
  }

  actionExecutor(action: ExecutableActionObject): void {
    if (this.#processing === running) this.#execute(action)
    else this.defer(() => this.#execute(action))
  }

  #execute({ type, params, info, exec }: ExecutableActionObject): void {
    inspected(this.system, { type: '@xstate.action', actorRef: this, action: { type, params } })
    exec?.(info, params)
  }

  // ---- observers ----

  get subscribe(): AnyActorRef['subscribe'] {
    const { ref } = this.#observed
    return ref.subscribe.bind(ref)
  }

  get on(): AnyActorRef['on'] {
    const { ref } = this.#observed
    return ref.on.bind(ref)
  }

  get select(): AnyActorRef['select'] {
    const { ref } = this.#observed
    return ref.select.bind(ref)
  }

  get #observed(): RefObservers {
    return (this.#observers ??= new RefObservers(this.getSnapshot(), this.#processing === stopped))
  }

  // ---- one event ----

  #enqueue(event: EventObject): void {
    if (!this.#isOpen) return (this.#waiting ??= new Fifo()).push(event)
    this.#isOpen = false
    this.#take(event)
    this.#takeWaiting()
  }

  #takeWaiting(): void {
    for (let event = this.#waiting?.shift(); event; event = this.#waiting?.shift()) this.#take(event)
    this.#waiting = undefined
    this.#isOpen = true
  }

  #take(event: EventObject): void {
    let next: Snapshot<unknown>
    try {
      next = this.logic.transition(this.#snapshot, event, this)
    } catch (error) {
      return this.#failIn(error)
    }
    this.#update(next, event)
    if (event.type !== 'xstate.stop') return
    this.#end()
    this.#observers?.stop(next)
  }

  #update(snapshot: Snapshot<unknown>, event: EventObject): void {
    this.#snapshot = snapshot
    if (this.#deferred) this.#performDeferred(snapshot)
    const { status, output, error } = this.#snapshot
    if (status === 'error') this.#fail(error)
    else if (status !== 'stopped') this.#observers?.show(snapshot)
    if (status === 'done') {
      this.#end()
      const { id } = this
      this.#tellParent({ type: `xstate.done.actor.${id}`, output, actorId: id })
    }
    inspected(this.system, { type: '@xstate.snapshot', actorRef: this, event, snapshot })
  }

  /** Performs what was deferred, in order, also what is deferred by that. One that throws fails the actor, and the others are dropped. */
  #performDeferred(snapshot: Snapshot<unknown>): void {
    while (this.#deferred) {
      const first = this.#deferred
      const others = this.#deferredToo
      this.#deferred = undefined
      this.#deferredToo = undefined
      try {
        first()
        if (others) for (const one of others) one()
      } catch (error) {
        this.#deferred = undefined
        this.#deferredToo = undefined
        this.#snapshot = failed(snapshot, error)
      }
    }
  }

  // ---- its end ----

  #failIn(error: unknown): void {
    this.#snapshot = failed(this.getSnapshot(), error)
    this.#fail(error)
  }

  #fail(error: unknown): void {
    this.#end()
    this.#observers?.show(this.getSnapshot())
    const { id } = this
    this.#tellParent({ type: `xstate.error.actor.${id}`, error, actorId: id })
  }

  #tellParent(event: Ended): void {
    relay(this.system, this, this._parent, event)
  }

  #end(): void {
    if (this.#processing !== running) return
    this.system.scheduler.cancelAll(this)
    this.#waiting = undefined
    this.#processing = stopped
  }
}

Reflect.defineProperty(SmallRef.prototype, observable, {
  value(this: SmallRef) {
    return this
  },
})

function failed(snapshot: Snapshot<unknown>, error: unknown): Snapshot<unknown> {
  return { ...snapshot, status: 'error', output: undefined, error }
}
