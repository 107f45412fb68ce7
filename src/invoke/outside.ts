import type { ActorLogic, AnyActorRef, AnyActorScope, Snapshot } from 'xstate'
import { TroupeError } from '../errors.ts'
import type { Origin } from '../mail/handled.ts'

/** The XState system of a partition; XState does not export the type. */
export type ActorSystem = AnyActorScope['system']

/** How outside work ended. */
export type Outcome<O = unknown> =
  | { readonly ok: true; readonly output: O }
  | { readonly ok: false; readonly error: unknown }

/** Work as a machine invokes it. */
export interface WantedWork<W> {
  readonly invokeId: string
  /** The machine that invokes it: the machine of the agent, or a machine inside the agent. */
  readonly parent: AnyActorRef | undefined
  readonly work: W
  readonly input: unknown
}

/** What invoked work calls in the partition of its agent. It is an interface because the kinds of work are run in a room above. */
export interface OutsideHost<W> {
  /** Notes that the current step wants this work; its key is made of the address, the position of the handled event, and the invoke id. */
  plan(wanted: WantedWork<W>): PlannedWork
  /** Notes that a restored agent still wants work that it planned in another process; `false` if the work is over. */
  restore(planned: PlannedWork, wanted: WantedWork<W>): boolean
  /** Starts planned work once everything that it depends on is durable; the returned function cancels it. */
  begin(key: string, settle: (outcome: Outcome) => void): () => void
}

/** Work that an agent wants, and what led to it. */
export interface PlannedWork {
  readonly key: string
  readonly origin: Origin
}

/** The snapshot of invoked work. */
export type OutsideSnapshot<O> = Snapshot<O> & {
  readonly key: string
  readonly origin?: Origin | undefined
  readonly input: unknown
}

/** The event that ends invoked work. */
export interface Settled<O> {
  readonly type: 'troupe.settled'
  readonly outcome: Outcome<O>
}

/** The logic of invoked work, as XState sees it. */
export type OutsideLogic<I, O> = ActorLogic<OutsideSnapshot<O>, Settled<O>, I>

const hosts = new WeakMap<ActorSystem, OutsideHost<never>>()
const works = new WeakMap<object, unknown>()
const waiting = { status: 'active', output: undefined, error: undefined } as const

const keys = new WeakMap<AnyActorRef, string>()

/** The key of the work behind a ref, if the ref is of invoked work. */
export function keyOf(ref: AnyActorRef): string | undefined {
  return keys.get(ref)
}

/** The work of a logic made by `outside`, for checks before anything runs. */
export function workOf(logic: object): unknown {
  return works.get(logic)
}

/** Sets the partition that invoked work in this XState system belongs to. */
export function bindHost<W>(system: ActorSystem, host: OutsideHost<W>): void {
  hosts.set(system, host)
}

/**
 * Logic that does nothing itself: it plans its work in the partition of its agent, waits, and ends as the work ends. Stopping the
 * actor cancels the work.
 *
 * @param kind the word that charts show, such as `ask`
 * @param work what the partition does; its `kind` names the kind of work
 */
export function outside<I, O, W>(kind: string, work: W): OutsideLogic<I, O> {
  // The one place where the types of a kind of work meet the host, which finds the kind by its name.
  const hostOf = (system: ActorSystem) => hosts.get(system) as OutsideHost<W> | undefined
  const running = new WeakMap<AnyActorRef, () => void>()
  const logic: OutsideLogic<I, O> = {
    config: { id: kind },
    getInitialSnapshot({ system, id, self }, input) {
      const host = hostOf(system)
      if (!host) return { status: 'error', output: undefined, error: new NoRuntimeError(kind), key: '', input }
      const { key, origin } = host.plan({ invokeId: id, parent: self._parent, work, input })
      keys.set(self, key)
      return { status: 'active', output: undefined, error: undefined, key, origin, input }
    },
    start({ key }, { self, system }) {
      const settle = (outcome: Outcome) => self.send({ type: 'troupe.settled', outcome: outcome as Outcome<O> })
      const cancel = hostOf(system)?.begin(key, settle)
      if (cancel) running.set(self, cancel)
    },
    transition(snapshot, event: Settled<O> | { readonly type: 'xstate.stop' }, { self }) {
      const { key, origin, input } = snapshot
      if (event.type === 'xstate.stop') {
        running.get(self)?.()
        return { status: 'stopped', output: undefined, error: undefined, key, origin, input }
      }
      const { outcome } = event
      return outcome.ok
        ? { status: 'done', output: outcome.output, error: undefined, key, origin, input }
        : { status: 'error', output: undefined, error: outcome.error, key, origin, input }
    },
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot(persisted, { system, id, self }) {
      // What `getPersistedSnapshot` returned, after JSON.
      const ended = persisted as OutsideSnapshot<O>
      const { key, origin, input } = ended
      const host = hostOf(system)
      if (!host || !origin) return { status: 'error', output: undefined, error: new NoRuntimeError(kind), key, input }
      keys.set(self, key)
      // The outcome is a position of its own. Until the agent has handled it, the work waits, whatever the snapshot says.
      const wanted = { invokeId: id, parent: self._parent, work, input }
      if (host.restore({ key, origin }, wanted)) return { ...waiting, key, origin, input }
      return ended.status === 'active' ? { ...ended, status: 'stopped' } : ended
    },
  }
  works.set(logic, work)
  return logic
}

/** Work was invoked by a machine that no runtime runs. */
export class NoRuntimeError extends TroupeError {
  readonly code = 'NO_RUNTIME'
  readonly kind: string
  constructor(kind: string) {
    super(
      `This ${kind} runs outside a Troupe runtime. Spawn the agent in one, or provide this actor with machine.provide.`,
    )
    this.kind = kind
  }
}
