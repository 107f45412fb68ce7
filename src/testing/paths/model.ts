import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createEmptyActor,
  type EventObject,
  type Snapshot,
} from 'xstate'
import { type Agent, acceptedBy } from '../../index.ts'
import type { PathStep } from './step.ts'

type Transition = AnyStateMachine['root']['always'] extends (infer T)[] | undefined ? T : never

/** An agent at one moment of a path: its machine, its timers, and the events that wait for it. */
export type World = Snapshot<unknown> & {
  readonly machine: AnyMachineSnapshot
  /** Milliseconds since the beginning of the path. */
  readonly now: number
  /** Ordered by when they are due. */
  readonly timers: readonly Timer[]
  readonly mail: readonly EventObject[]
  /** Works that have ended, by their actors: a state that is left and entered again invokes a new one. */
  readonly ended: ReadonlySet<object>
  /** The transitions that the last step took. */
  readonly taken: readonly Transition[]
  /** Nothing at the beginning. */
  readonly via: { readonly from: World; readonly step: PathStep } | undefined
}

interface Timer {
  readonly id: string
  readonly due: number
  readonly event: EventObject
}

/** The most events that an agent may handle within one step of a path. */
const mostHandled = 1_000

/** What a step collects. */
interface Collected {
  timers: readonly Timer[]
  readonly mail: EventObject[]
  readonly now: number
  readonly taken: Transition[]
}

/** A world, while it is being made. */
interface Draft extends Collected {
  machine: AnyMachineSnapshot
}

/** Decides what an agent does, without running anything: effects, asks and children end when a path says so. */
export class Model {
  readonly #machine: AnyStateMachine
  readonly #heard: ReadonlySet<string>
  readonly #input: unknown
  #collected: Collected | undefined
  #inside: EventObject[] = []
  readonly #scope: AnyActorScope

  constructor({ machine, hears, input }: Pick<Agent, 'machine' | 'hears' | 'input'>) {
    this.#machine = machine
    this.#heard = new Set(hears.map(({ type }) => type))
    this.#input = input
    this.#scope = this.#newScope()
  }

  /** The world in which all paths begin. */
  begin(): World {
    const collected: Collected = { timers: [], mail: [], now: 0, taken: [] }
    this.#collected = collected
    const machine = this.#machine.getInitialSnapshot(this.#scope, this.#input)
    return this.#made({ ended: new Set(), via: undefined }, Object.assign(collected, { machine }), () => {})
  }

  /** The world after a step. */
  step(from: World, step: PathStep): World {
    const { timers, mail, now } = from
    const time = step.kind === 'time' ? now + step.ms : now
    const draft: Draft = { machine: from.machine, timers: [...timers], mail: [...mail], now: time, taken: [] }
    const child = step.kind === 'done' || step.kind === 'fail' ? from.machine.children[step.work] : undefined
    const ended = child ? new Set([...from.ended, child]) : from.ended
    return this.#made({ ended, via: { from, step } }, draft, () => {
      if (step.kind !== 'time') return this.#handle(draft, eventOf(step))
      let fired = 0
      for (let [due, ...others] = draft.timers; due && due.due <= time; [due, ...others] = draft.timers) {
        if (++fired > mostHandled) throw new RangeError(`its timers fire for ever; the last is "${due.id}"`)
        draft.timers = others
        this.#handle(draft, due.event)
      }
    })
  }

  #made(facts: Pick<World, 'ended' | 'via'>, draft: Draft, make: () => void): World {
    this.#collected = draft
    try {
      make()
      this.#handleMail(draft)
    } catch (error) {
      return { ...facts, ...draft, status: 'error', error, output: undefined }
    } finally {
      this.#collected = undefined
    }
    const { status, error } = draft.machine
    const world = { ...facts, ...draft, output: undefined }
    if (status === 'error') return { ...world, status, error }
    return status === 'done' ? { ...world, status, error: undefined } : { ...world, status: 'active', error: undefined }
  }

  /** What the agent says and hears itself waits in its mailbox, as in the runtime. */
  #handleMail(draft: Draft): void {
    for (let handled = 0; draft.machine.status === 'active'; handled++) {
      const accepts = acceptedBy(draft.machine)
      const place = draft.mail.findIndex(({ type }) => !accepts || accepts(type))
      const [next] = place < 0 ? [] : draft.mail.splice(place, 1)
      if (!next) return
      if (handled >= mostHandled) throw new RangeError(`it goes on for ever; the last event is "${next.type}"`)
      this.#handle(draft, next)
    }
  }

  #handle(draft: Draft, event: EventObject): void {
    this.#inside = [event]
    for (let next = this.#inside.shift(); next && draft.machine.status === 'active'; next = this.#inside.shift())
      draft.machine = this.#machine.transition(draft.machine, next, this.#scope)
  }

  #newScope(): AnyActorScope {
    const self = createEmptyActor()
    const { system } = self
    return {
      self,
      id: 'path',
      sessionId: 'path',
      logger: () => {},
      defer: () => {},
      emit: () => {},
      stopChild: () => {},
      system: Object.assign({ ...system }, { _sendInspectionEvent: (event: Inspected) => this.#inspect(event) }),
      actionExecutor: ({ type, params }) => this.#collect(type, { ...params }, self),
    }
  }

  #inspect({ type, _transitions: taken = [] }: Inspected): void {
    if (type === '@xstate.microstep') this.#collected?.taken.push(...taken)
  }

  #collect(type: string, { event, delay, id, sendId, to }: Params, self: object): void {
    const draft = this.#collected
    if (!draft) return
    if (type === 'xstate.cancel') draft.timers = draft.timers.filter(timer => timer.id !== sendId)
    else if (!event) return
    else if (type === 'xstate.emit') {
      if (this.#heard.has(event.type) && !('ask' in event)) draft.mail.push(event)
    } else if (type === 'xstate.raise' || (type === 'xstate.sendTo' && to === self)) {
      if (delay !== undefined) this.#setTimer(draft, { id: id ?? '', due: draft.now + delay, event })
      else if (type === 'xstate.sendTo') this.#inside.push(event)
    }
  }

  #setTimer(draft: Collected, timer: Timer): void {
    const others = draft.timers.filter(({ id }) => id === '' || id !== timer.id)
    draft.timers = [...others, timer].toSorted((one, other) => one.due - other.due)
  }
}

/** What XState tells its inspectors about each microstep. */
interface Inspected {
  readonly type: string
  readonly _transitions?: readonly Transition[]
}

/** The event with which invoked work ends. */
interface WorkEnd extends EventObject {
  readonly output?: unknown
  readonly error?: unknown
  readonly actorId: string
}

interface Params {
  readonly event?: EventObject
  readonly delay?: number
  readonly id?: string
  readonly sendId?: string
  readonly to?: unknown
}

/** The event of XState that a step is for a machine. */
export function eventOf(step: Exclude<PathStep, { readonly kind: 'time' }>): EventObject | WorkEnd {
  if (step.kind === 'hear') return step.event
  const { work } = step
  return step.kind === 'done'
    ? { type: `xstate.done.actor.${work}`, output: step.output, actorId: work }
    : { type: `xstate.error.actor.${work}`, error: step.error, actorId: work }
}
