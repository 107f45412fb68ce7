import {
  type ActorLogic,
  type AnyActorRef,
  type AnyMachineSnapshot,
  createActor,
  type Snapshot,
  type StateValue,
} from 'xstate'
import { checkKept } from '../actor/kept.ts'
import { RestoredLogic } from '../actor/restored-logic.ts'
import { SteppedLogic } from '../actor/stepped-logic.ts'
import { afterTimersOf, declaredDelayOf } from '../agent/after.ts'
import type { Agent } from '../agent/agent.ts'
import { acceptedBy } from '../agent/busy.ts'
import { TroupeError } from '../errors.ts'
import { isRequest } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { isAsk } from '../invoke/ask.ts'
import { bindHost, type Outcome, workOf } from '../invoke/outside.ts'
import { type Envelope, eventOf } from '../mail/envelope.ts'
import { lonePlace } from '../mail/lone-place.ts'
import { sealed } from '../mail/seal.ts'
import { takenOver } from '../values/copy.ts'
import { isObject } from '../values/value.ts'
import type { Work } from '../work/kind.ts'
import { kindOf } from '../work/kinds.ts'
import { LoneHost, type LoneStep } from './lone-host.ts'

/** Where a lone agent begins. */
export interface LoneStart {
  /** The state that its machine is in, as XState writes it; by default the machine begins at its beginning. */
  readonly state?: StateValue
  /** The context in that state; by default the first context of the machine, if that is no function. */
  readonly context?: object
  /** The input of the machine, where it begins at its beginning; by default the input of the agent. */
  readonly input?: unknown
}

const root: ActorLogic<Snapshot<undefined>, EventOf> = {
  transition: snapshot => snapshot,
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: snapshot => snapshot,
}

/**
 * One agent without a runtime. It takes events one by one, and gives each step as data. Its events are delivered to nobody. Its asks and
 * effects wait for the outcome that the caller gives. Its machine is stepped as in a runtime, and what a runtime refuses is refused.
 *
 * @example
 * const lone = new LoneAgent(trainAgent)
 * const { state, runs } = lone.when(tripWanted({ to: 'Oslo' }))
 *
 * @throws what the machine throws at its beginning; ValueError if a journal could not keep the context; LoneContextError
 */
export class LoneAgent {
  /** The step with which the machine begins; it is empty if a state was given. */
  readonly first: LoneStep
  readonly #agent: Agent
  readonly #host: LoneHost
  readonly #ref: AnyActorRef
  /** The ids of the work of a given state, which had begun before the first step, as long as the agent waits for it. */
  readonly #begun: Set<string>

  constructor(agent: Agent, { state, context, input = agent.input }: LoneStart = {}) {
    const host = new LoneHost(agent)
    this.#agent = agent
    this.#host = host
    const parent = createActor(root, { id: 'runtime' })
    parent.system.scheduler = host
    bindHost(parent.system, host)
    parent.start()
    const snapshot = state === undefined ? undefined : this.#given(state, context)
    const logic = snapshot
      ? new RestoredLogic(agent, host, agent.machine.getPersistedSnapshot(snapshot))
      : new SteppedLogic(agent, host)
    host.announce('xstate.init')
    this.#ref = createActor(logic, { id: agent.name, parent, input })
    host.actor.ref = this.#ref
    this.#ref.start()
    if (snapshot) this.#setTimers(snapshot)
    this.#begun = new Set(snapshot && this.#invoked.map(({ id }) => id))
    this.first = host.step()
  }

  /**
   * Hands it an event or a request; a request is what `request.asked(input, key)` makes.
   *
   * @throws LoneUnheardError, LoneBusyError, EventPayloadError; what the machine throws; what a runtime would refuse in its step
   */
  when(event: EventOf & { readonly ask?: string }): LoneStep {
    const envelope = this.#sealed(event)
    const accepts = acceptedBy(this.#ref.getSnapshot())
    if (accepts && !accepts(event.type)) throw new LoneBusyError(this.#agent.name, event.type)
    return this.#turn(() => {
      this.#host.announce(event.type, envelope)
      this.#ref.send(eventOf(envelope))
    })
  }

  /**
   * Work that it wants ends with an output.
   *
   * @param what the id of the invoke, or the name of the work: the type of the request, or the name of the effect
   * @throws LoneWorkError if it wants no such work; EventPayloadError, ValueError
   */
  done(what: string, output: unknown): LoneStep {
    return this.#end(what, work => ({ ok: true, output: checked(what, work, output) }))
  }

  /** Work that it wants fails. @param what as for `done` @throws LoneWorkError */
  failed(what: string, error: unknown): LoneStep {
    return this.#end(what, () => ({ ok: false, error }))
  }

  /** Lets time pass, so that its timers fire; what all of them lead to is one step. @param ms milliseconds @throws LoneTimersError */
  pass(ms: number): LoneStep {
    return this.#turn(() => this.#host.pass(ms))
  }

  #turn(act: () => void): LoneStep {
    if (this.#ref.getSnapshot().status !== 'active') throw new LoneEndedError(this.#agent.name)
    this.#host.collect()
    act()
    this.#dropBegun()
    return this.#host.step()
  }

  #end(what: string, outcomeOf: (work: Work | undefined) => Ended): LoneStep {
    const begun = this.#invoked.filter(({ id }) => this.#begun.has(id))
    const known: readonly Wanted[] = [...begun, ...this.#host.waiting]
    const wanted = known.findLast(one => one.id === what) ?? known.findLast(({ work }) => nameOf(work) === what)
    if (!wanted) throw new LoneWorkError(this.#agent.name, what, known.map(namesOf))
    const { id } = wanted
    const outcome = outcomeOf(wanted.work)
    if (!wanted.settle) this.#begun.delete(id)
    const type = `xstate.${outcome.ok ? 'done' : 'error'}.actor.${id}`
    return this.#turn(() => {
      this.#host.announce(type)
      if (wanted.settle) wanted.settle(outcome)
      else
        this.#ref.send({ type, actorId: id, ...(outcome.ok ? { output: outcome.output } : { error: outcome.error }) })
    })
  }

  /** The work of given states that were left is no longer wanted; a state that is entered again begins new work. */
  #dropBegun(): void {
    const invoked = new Set(this.#invoked.map(({ id }) => id))
    for (const id of this.#begun)
      if (!invoked.has(id)) {
        this.#begun.delete(id)
        this.#host.drop(id)
      }
  }

  /** What the active states invoke, and no child does. */
  get #invoked(): readonly Wanted[] {
    const { _nodes: nodes, children }: AnyMachineSnapshot = this.#ref.getSnapshot()
    return nodes
      .flatMap(({ invoke }) => invoke)
      .filter(({ id }) => children[id] === undefined)
      .map(({ id, src }) => ({ id, work: this.#workOf(src) }))
  }

  #workOf(src: unknown): Work | undefined {
    const logic: unknown = typeof src === 'string' ? this.#agent.machine.implementations.actors[src] : src
    // Every kind of work is a `Work`.
    return isObject(logic) ? (workOf(logic) as Work | undefined) : undefined
  }

  #given(value: StateValue, context: object | undefined): AnyMachineSnapshot {
    const { machine, name } = this.#agent
    const first: unknown = machine.config.context
    const known = context ?? (isObject(first) ? first : undefined)
    if (known === undefined && typeof first === 'function') throw new LoneContextError(name)
    const snapshot = machine.resolveState({ value, context: takenOver(`the context of "${name}"`, known ?? {}) })
    checkKept(this.#host.actor.address, snapshot)
    return snapshot
  }

  /** The timers of the given states begin now. */
  #setTimers(snapshot: AnyMachineSnapshot): void {
    const { delays } = this.#agent.machine.implementations
    for (const { id, delay } of afterTimersOf(snapshot)) {
      const named: unknown = delay ?? delays[declaredDelayOf(id) ?? '']
      const ms: unknown =
        typeof named === 'function'
          ? named({ context: snapshot.context, event: { type: 'xstate.init' } }, undefined)
          : named
      if (typeof ms === 'number') this.#host.setTimer(this.#host.actor, { id, key: id, delay: ms, event: { type: id } })
    }
  }

  #sealed(event: EventOf & { readonly ask?: string }): Envelope {
    const { name, hears } = this.#agent
    const { catalog } = this.#host
    const definition = hears.find(({ type }) => type === event.type)
    if (!definition)
      throw new LoneUnheardError(
        name,
        event.type,
        hears.map(({ type }) => type),
      )
    const request = isRequest(definition) ? definition : undefined
    const ask = event.ask ?? 'ask'
    const place = lonePlace(catalog, this.#host.nextSeq())
    if (request) return sealed({ type: event.type, data: request.checkInput(event.data) }, { ask }, place)
    return sealed(catalog.check(event), {}, place)
  }
}

/** Work that waits for its outcome: begun in a step, or before the state that was given. */
interface Wanted {
  readonly id: string
  readonly work: Work | undefined
  readonly settle?: (outcome: Outcome) => void
}

function nameOf(work: Work | undefined): string | undefined {
  return work && kindOf(work).titleOf(work)
}

function namesOf({ id, work }: Wanted): string {
  return work ? `${id} (${nameOf(work)})` : id
}

type Ended = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: unknown }

/** Checks an output: of an ask by the schema of its reply, of other work as a value that a journal can keep. */
function checked(what: string, work: Work | undefined, output: unknown): unknown {
  return isAsk(work) ? work.request.checkOutput(output) : takenOver(`the outcome of "${what}"`, output)
}

/** A lone agent was handed an event that it does not hear. */
export class LoneUnheardError extends TroupeError {
  readonly code = 'LONE_UNHEARD'
  readonly agent: string
  readonly type: string
  constructor(agent: string, type: string, heard: readonly string[]) {
    super(
      `Agent "${agent}" does not hear "${type}", so that no runtime would hand it over. It hears: ${heard.join(', ') || 'nothing'}. Add "${type}" to its hears.`,
    )
    this.agent = agent
    this.type = type
  }
}

/** A lone agent was handed an event that waits in its mailbox while it is busy. */
export class LoneBusyError extends TroupeError {
  readonly code = 'LONE_BUSY'
  readonly agent: string
  readonly type: string
  constructor(agent: string, type: string) {
    super(
      `Agent "${agent}" is busy, and its state does not declare "${type}": the event would wait in its mailbox. End what it waits for first, with done, failed or pass.`,
    )
    this.agent = agent
    this.type = type
  }
}

/** A lone agent waits for no work with this id or name. */
export class LoneWorkError extends TroupeError {
  readonly code = 'LONE_WORK'
  readonly agent: string
  /** The id or the name that was given. */
  readonly work: string
  constructor(agent: string, work: string, known: readonly string[]) {
    super(
      `Agent "${agent}" waits for no outcome of "${work}". It waits for: ${known.join(', ') || 'nothing'}. Use the id of an invoke, or the name of the work.`,
    )
    this.agent = agent
    this.work = work
  }
}

/** The first context of a machine is computed, so that a given state needs a given context. */
export class LoneContextError extends TroupeError {
  readonly code = 'LONE_CONTEXT'
  readonly agent: string
  constructor(agent: string) {
    super(`The machine of "${agent}" computes its first context. Give the context together with the state.`)
    this.agent = agent
  }
}

/** A lone agent has reached its final state, or has failed. */
export class LoneEndedError extends TroupeError {
  readonly code = 'LONE_ENDED'
  readonly agent: string
  constructor(agent: string) {
    super(`The machine of "${agent}" has ended: it takes nothing any more. Begin with another one.`)
    this.agent = agent
  }
}
