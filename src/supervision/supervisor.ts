import { type ActorLogic, type AnyActorLogic, type AnyActorRef, createActor, type Snapshot } from 'xstate'
import type { RestartType } from '../actor/agent.ts'
import { type Exit, restarts } from './child-spec.ts'
import { addRestart, type RestartIntensity } from './restart-intensity.ts'

/** How a supervisor starts a child, each time anew from the same value. */
export interface ChildSpec {
  readonly id: string
  readonly restart: RestartType
  /** The logic of the next incarnation. */
  readonly logic: () => AnyActorLogic
}

/** What a supervisor tells the partition that it serves. */
export interface SupervisorHost {
  now(): number
  /** Calls back when everything appended so far is durable: a decision must not be made on what may yet be lost. */
  atWatermark(decide: () => void): void
  /** Creates the next incarnation of a child: its initial state is a step, and needs a position. */
  create(id: string, create: () => AnyActorRef): AnyActorRef
  /** It was started, and may have ended already. */
  started(id: string): void
  /** A child ended by itself; it takes no more mail until the decision. */
  exited(id: string): void
  /** A child ended and stays away. */
  gone(id: string, exit: Exit): void
  /** More restarts than allowed: all children are being stopped. */
  escalated(id: string, restarts: number, intensity: RestartIntensity): void
}

/** What a supervisor takes. */
export type SupervisorEvent =
  | { readonly type: 'supervisor.start'; readonly spec: ChildSpec }
  | { readonly type: 'supervisor.stop'; readonly id: string }
  | { readonly type: 'supervisor.decide'; readonly id: string; readonly ref: AnyActorRef; readonly exit: Exit }

/** What the inspector shows of a supervisor. */
export type SupervisorSnapshot = Snapshot<undefined> & {
  readonly context: { readonly children: number; readonly restarts: number }
}

export type SupervisorLogic = ActorLogic<SupervisorSnapshot, SupervisorEvent>

interface Child {
  readonly spec: ChildSpec
  readonly ref: AnyActorRef
}

type XStateEvent = { readonly type: string; readonly actorId?: string }

/**
 * A supervisor of the strategy `one_for_one`: a child that ends is started again or not by its restart type, and its
 * siblings never notice. A machine would copy all its children at every spawn, so this is logic of its own with a map.
 */
export function supervisor(host: SupervisorHost, intensity: RestartIntensity): SupervisorLogic {
  const children = new Map<string, Child>()
  let times: readonly number[] = []

  const shown = (restartCount: number): SupervisorSnapshot => ({
    status: 'active',
    output: undefined,
    error: undefined,
    context: { children: children.size, restarts: restartCount },
  })

  return {
    config: { id: 'supervisor', meta: { strategy: 'one_for_one', intensity } },
    getInitialSnapshot: () => shown(0),
    getPersistedSnapshot: snapshot => snapshot,

    transition(snapshot, event: SupervisorEvent | XStateEvent, scope) {
      const { restarts: restartCount } = snapshot.context

      const start = (spec: ChildSpec) => {
        const { id } = spec
        const ref = host.create(id, () => createActor(spec.logic(), { id, parent: scope.self }))
        children.set(id, { spec, ref })
        scope.defer(() => {
          ref.start()
          host.started(id)
        })
      }

      const noteExit = (id: string | undefined, exit: Exit) => {
        const child = id === undefined ? undefined : children.get(id)
        if (id === undefined || !child) return snapshot
        host.exited(id)
        host.atWatermark(() => scope.self.send({ type: 'supervisor.decide', id, ref: child.ref, exit }))
        return snapshot
      }

      const stopAll = () => {
        for (const { ref } of [...children.values()].toReversed()) scope.stopChild(ref)
        children.clear()
      }

      if (isOwn(event)) {
        switch (event.type) {
          case 'supervisor.start':
            start(event.spec)
            return shown(restartCount)
          case 'supervisor.stop': {
            const child = children.get(event.id)
            if (child) scope.stopChild(child.ref)
            children.delete(event.id)
            return shown(restartCount)
          }
          case 'supervisor.decide': {
            const { id, ref, exit } = event
            const child = children.get(id)
            // Stopped or replaced while the decision waited for the watermark.
            if (child?.ref !== ref) return snapshot
            if (!restarts(child.spec.restart, exit)) {
              children.delete(id)
              host.gone(id, exit)
              return shown(restartCount)
            }
            const period = addRestart(times, host.now(), intensity)
            times = period.times
            if (period.exceeded) {
              host.escalated(id, period.times.length, intensity)
              stopAll()
              return shown(restartCount)
            }
            start(child.spec)
            return shown(restartCount + 1)
          }
        }
      }
      if (event.type === 'xstate.stop') {
        stopAll()
        return { ...shown(restartCount), status: 'stopped', output: undefined, error: undefined }
      }
      if (event.type.startsWith('xstate.error.actor.')) return noteExit(actorIdOf(event), 'failed')
      if (event.type.startsWith('xstate.done.actor.')) return noteExit(actorIdOf(event), 'done')
      return snapshot
    },
  }
}

function isOwn(event: SupervisorEvent | XStateEvent): event is SupervisorEvent {
  return event.type.startsWith('supervisor.')
}

function actorIdOf(event: SupervisorEvent | XStateEvent): string | undefined {
  return 'actorId' in event ? event.actorId : undefined
}
