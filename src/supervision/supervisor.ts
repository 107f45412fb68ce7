import {
  type ActorLogic,
  type AnyActorLogic,
  type AnyActorRef,
  type AnyActorScope,
  createActor,
  type Snapshot,
} from 'xstate'
import type { RestartType } from '../agent/agent.ts'
import { type Backoff, delayOf } from '../backoff.ts'
import { type Exit, restarts } from './child-spec.ts'
import { addRestart, type Restart, type RestartIntensity } from './restart-intensity.ts'
import { affected, type Strategy } from './strategy.ts'

/** How a supervisor starts a child, each time anew from the same value. */
export interface ChildSpec {
  readonly id: string
  readonly restart: RestartType
  /** The logic of the next incarnation. */
  readonly logic: () => AnyActorLogic
  /** What the next incarnation begins with. */
  readonly input?: () => unknown
}

/** By which rules a supervisor works. */
export interface SupervisorRules {
  readonly name: string
  readonly strategy: Strategy
  readonly intensity: RestartIntensity
  readonly backoff: Backoff | undefined
}

/** What a supervisor tells the partition that it serves. */
export interface SupervisorHost {
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  random(): number
  /** Calls back when everything appended so far is durable: a decision must not be made on what may yet be lost. */
  atWatermark(decide: () => void): void
  /** Calls back after so many milliseconds; the returned function takes that back. */
  after(ms: number, fn: () => void): () => void
  /** Whether its owner has stopped a child for good. */
  isRetired(id: string): boolean
  /** Whether a child had done its work before its supervisor came back: it is known, and not started. */
  isAway(id: string): boolean
  /** Creates and starts the next incarnation of a child, as one turn: its initial state is a step. It may have ended already. */
  start(id: string, create: () => AnyActorRef): AnyActorRef
  /** A child ended, by itself (`exit`) or with its siblings; it takes no more mail until it is started again or gone. */
  exited(id: string, exit?: Exit): void
  /** Children are about to be stopped, and to begin anew after a pause: the supervisor may give up before that. */
  pausing(ids: readonly string[]): void
  /** The id of the event that led to the failure of a child, if one did. */
  causeOf(id: string): string | undefined
  /** These children are about to be started again, because one has ended. */
  restarting(ended: string, ids: readonly string[]): void
  /** A child ended and stays away. */
  gone(id: string, why: Exit | 'stopped' | 'escalated'): void
  /** More restarts than allowed: the supervisor stops all its children, and ends with this error if there is one above it. */
  escalated(rules: SupervisorRules, id: string, restarts: number): Error | undefined
}

/** What a supervisor takes. */
export type SupervisorEvent =
  | { readonly type: 'supervisor.start'; readonly spec: ChildSpec }
  /** A child that is not running: it may be started together with others. */
  | { readonly type: 'supervisor.know'; readonly spec: ChildSpec }
  | { readonly type: 'supervisor.stop'; readonly id: string }
  /** A child that runs has failed in something that its machine knows nothing of. */
  | { readonly type: 'supervisor.fail'; readonly id: string; readonly ref: AnyActorRef }
  | {
      readonly type: 'supervisor.decide'
      readonly id: string
      readonly ref: AnyActorRef
      readonly exit: Exit
      readonly cause: string | undefined
    }
  | { readonly type: 'supervisor.resume'; readonly pause: symbol }

/** What the inspector shows of a supervisor. */
export type SupervisorSnapshot = Snapshot<undefined> & {
  readonly context: { readonly children: number; readonly restarts: number }
}

export type SupervisorLogic = ActorLogic<SupervisorSnapshot, SupervisorEvent>

interface Child {
  readonly spec: ChildSpec
  /** None while it has ended, or waits to be started again. */
  ref: AnyActorRef | undefined
  /** Restarts without a quiet period between them. */
  attempts: number
  startedAt: number
  /** What its restart waits for. */
  pause: symbol | undefined
}

type XStateEvent = { readonly type: string; readonly actorId?: string }

/**
 * A supervisor: a child that ends is started again or not by its restart type, alone or with its siblings by the strategy,
 * and above the intensity the supervisor ends itself, so that the one above it decides. The pure rules are in the files
 * beside this one; here they are carried out. A machine would copy all its children at every spawn, so this is logic of
 * its own with a map.
 *
 * @param initial the children that it starts with, each time that it is started
 */
export function supervisor(
  host: SupervisorHost,
  rules: SupervisorRules,
  initial: readonly ChildSpec[] = [],
): SupervisorLogic {
  const { strategy, intensity, backoff } = rules
  // In the order of their start, whatever is restarted.
  const children = new Map<string, Child>()
  const pauses = new Map<symbol, () => void>()
  let counted: readonly Restart[] = []
  let restartCount = 0

  const shown = (count = children.size): SupervisorSnapshot => ({
    status: 'active',
    output: undefined,
    error: undefined,
    context: { children: count, restarts: restartCount },
  })

  const start = (child: Child, scope: AnyActorScope) => {
    const { id } = child.spec
    child.pause = undefined
    child.startedAt = host.elapsed()
    child.ref = host.start(id, () =>
      createActor(child.spec.logic(), { id, parent: scope.self, input: child.spec.input?.() }),
    )
  }

  const know = (spec: ChildSpec) => {
    const child: Child = { spec, ref: undefined, attempts: 0, startedAt: 0, pause: undefined }
    children.set(spec.id, child)
    return child
  }

  const add = (spec: ChildSpec, scope: AnyActorScope) => start(know(spec), scope)

  const noteExit = (id: string | undefined, exit: Exit, { self }: AnyActorScope) => {
    const ref = id === undefined ? undefined : children.get(id)?.ref
    if (id === undefined || !ref) return
    host.exited(id, exit)
    const cause = exit === 'failed' ? host.causeOf(id) : undefined
    host.atWatermark(() => {
      // It may have given up meanwhile.
      if (self.getSnapshot().status === 'active') self.send({ type: 'supervisor.decide', id, ref, exit, cause })
    })
  }

  const halt = (child: Child, scope: AnyActorScope) => {
    if (child.ref) scope.stopChild(child.ref)
    child.ref = undefined
    host.exited(child.spec.id)
  }

  const stopAll = (scope: AnyActorScope) => {
    for (const cancel of pauses.values()) cancel()
    pauses.clear()
    for (const child of [...children.values()].toReversed()) {
      halt(child, scope)
      // Nobody starts again what was added later: it is unknown to who starts this supervisor again.
      if (!initial.includes(child.spec)) host.gone(child.spec.id, 'escalated')
    }
    children.clear()
  }

  /** Stops the companions of a failed child, the last first, and starts all of them, the first first. */
  const restart = (failed: Child, scope: AnyActorScope) => {
    const group = affected(strategy, [...children.keys()], failed.spec.id).flatMap(id => children.get(id) ?? [])
    failed.ref = undefined
    if (backoff) host.pausing(group.map(({ spec }) => spec.id))
    for (const child of group.toReversed()) {
      if (child === failed) continue
      halt(child, scope)
      if (child.spec.restart !== 'temporary') continue
      children.delete(child.spec.id)
      host.gone(child.spec.id, 'stopped')
    }
    restartCount++
    const isFirst = host.elapsed() - failed.startedAt > intensity.within
    failed.attempts = isFirst ? 1 : failed.attempts + 1
    const again = group.filter(({ spec }) => children.has(spec.id))
    host.restarting(
      failed.spec.id,
      again.map(({ spec }) => spec.id),
    )
    if (backoff) pause(again, delayOf(backoff, failed.attempts, host.random()), scope)
    else for (const child of again) start(child, scope)
  }

  const pause = (group: readonly Child[], ms: number, { self }: AnyActorScope) => {
    const token = Symbol('pause')
    for (const child of group) child.pause = token
    pauses.set(
      token,
      host.after(ms, () => self.send({ type: 'supervisor.resume', pause: token })),
    )
  }

  const decide = (
    { id, ref, exit, cause }: SupervisorEvent & { readonly type: 'supervisor.decide' },
    scope: AnyActorScope,
  ) => {
    const child = children.get(id)
    // Stopped or replaced while the decision waited for the watermark.
    if (!child || child.ref !== ref) return undefined
    if (!restarts(child.spec.restart, exit)) {
      child.ref = undefined
      // The others stay known: with a sibling, they may be started again.
      if (child.spec.restart === 'temporary') children.delete(id)
      host.gone(id, exit)
      return undefined
    }
    const period = addRestart(counted, { at: host.elapsed(), cause, child: id }, intensity)
    counted = period.restarts
    if (!period.exceeded) {
      restart(child, scope)
      return undefined
    }
    const error = host.escalated(rules, id, counted.length)
    stopAll(scope)
    return error
  }

  const take = (event: SupervisorEvent | XStateEvent, scope: AnyActorScope): Error | undefined => {
    if (!isOwn(event)) {
      if (event.type.startsWith('xstate.error.actor.')) noteExit(event.actorId, 'failed', scope)
      else if (event.type.startsWith('xstate.done.actor.')) noteExit(event.actorId, 'done', scope)
      return undefined
    }
    switch (event.type) {
      case 'supervisor.start':
        add(event.spec, scope)
        return undefined
      case 'supervisor.know':
        know(event.spec)
        return undefined
      case 'supervisor.stop': {
        const child = children.get(event.id)
        if (child?.ref) scope.stopChild(child.ref)
        children.delete(event.id)
        const token = child?.pause
        if (token && ![...children.values()].some(({ pause }) => pause === token)) {
          pauses.get(token)?.()
          pauses.delete(token)
        }
        return undefined
      }
      case 'supervisor.fail': {
        const child = children.get(event.id)
        if (child?.ref !== event.ref) return undefined
        scope.stopChild(event.ref)
        noteExit(event.id, 'failed', scope)
        return undefined
      }
      case 'supervisor.resume':
        pauses.delete(event.pause)
        for (const child of children.values()) if (child.pause === event.pause) start(child, scope)
        return undefined
      case 'supervisor.decide':
        return decide(event, scope)
    }
  }

  return {
    config: { id: rules.name, meta: { strategy, intensity } },
    // XState asks before they are started, and not again after that.
    getInitialSnapshot: () => shown(initial.filter(({ id }) => !host.isRetired(id)).length),
    getPersistedSnapshot: snapshot => snapshot,

    start(_, scope) {
      for (const spec of initial) {
        if (host.isRetired(spec.id)) continue
        if (host.isAway(spec.id)) know(spec)
        else add(spec, scope)
      }
    },

    transition(snapshot, event: SupervisorEvent | XStateEvent, scope) {
      if (event.type === 'xstate.stop') {
        stopAll(scope)
        return { ...shown(), status: 'stopped', output: undefined, error: undefined }
      }
      const error = take(event, scope)
      if (error) return { ...shown(), status: 'error', output: undefined, error }
      const { context } = snapshot
      return context.children === children.size && context.restarts === restartCount ? snapshot : shown()
    },
  }
}

function isOwn(event: SupervisorEvent | XStateEvent): event is SupervisorEvent {
  return event.type.startsWith('supervisor.')
}
