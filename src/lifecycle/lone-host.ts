import type { AnyActorRef, EventObject, StateValue } from 'xstate'
import { Actor } from '../actor/actor.ts'
import type { ActorHost } from '../actor/actor-host.ts'
import { EventUnsaidError } from '../actor/custom-action.ts'
import type { NewTimer, Step, StepHost } from '../actor/step.ts'
import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import { type Catalog, defineCatalog } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import type { RefusalOf, ReplyOf } from '../events/request.ts'
import type { Outcome, OutsideHost, PlannedWork, WantedWork } from '../invoke/outside.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkSaid } from '../partition/check-said.ts'
import { ReadyQueue } from '../time/ready-queue.ts'
import { systemScheduler } from '../time/scheduler.ts'
import type { Work } from '../work/kind.ts'
import { kindOf } from '../work/kinds.ts'

/** Work that a machine wants. */
export interface LoneWork {
  /** The id of the invoke. */
  readonly id: string
  /** The name of its kind: `ask`, `ask-many`, `effect` or `child`. */
  readonly kind: string
  /** The type of the request, or the name of the effect or agent. */
  readonly name: string
  readonly input: unknown
}

/** A step as data: what the machine wants, none of which has happened. */
export interface LoneStep {
  /** `ignored` if the machine has nothing for the event where it is: in a runtime, the event becomes a dead letter. */
  readonly outcome: 'handled' | 'ignored'
  /** The state that the machine is in, as XState writes it. */
  readonly state: StateValue
  readonly context: unknown
  /** `done` in a final state at its top. */
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly output: unknown
  /** The events that it says. */
  readonly says: readonly EventOf[]
  /** Its replies and refusals. */
  readonly answers: readonly (ReplyOf | RefusalOf)[]
  /** The requests that it asks; they wait for `done` or `failed`. */
  readonly asks: readonly LoneWork[]
  /** The effects that it runs, which wait for `done` or `failed`. */
  readonly runs: readonly LoneWork[]
  /** The agents that it starts as its children. */
  readonly starts: readonly LoneWork[]
  /** The ids of work that it no longer wants. */
  readonly drops: readonly string[]
  /** The delays of the timers that it sets, in milliseconds. */
  readonly timers: readonly number[]
  /** The warnings that a runtime would report. */
  readonly warnings: readonly Error[]
}

/** A step that is being collected. */
type Collected = { -readonly [K in 'says' | 'answers' | 'drops' | 'timers' | 'warnings']: LoneStep[K][number][] } & {
  readonly wants: LoneWork[]
  isHandled: boolean
}

/** Work that waits for its outcome. */
export interface WaitingWork {
  readonly id: string
  readonly work: Work
  settle(outcome: Outcome): void
}

interface Timer {
  readonly source: AnyActorRef
  readonly id: string
  readonly at: number
  fire(): void
}

const none = (): Collected => ({
  says: [],
  answers: [],
  drops: [],
  timers: [],
  warnings: [],
  wants: [],
  isHandled: false,
})

/** The most timers that fire at the same time. */
const mostAtOnce = 10_000

/** A lone agent sets timers of 0 ms again and again, so that no time can pass. */
export class LoneTimersError extends TroupeError {
  readonly code = 'LONE_TIMERS'
  readonly agent: string
  /** The id of the last timer. */
  readonly timer: string
  constructor(agent: string, timer: string) {
    super(
      `More than ${mostAtOnce} timers of "${agent}" were due at the same time; the last is "${timer}". It sets a timer of 0 ms whenever such a timer has fired. Give that circle an end, or a delay.`,
    )
    this.agent = agent
    this.timer = timer
  }
}

/** What a runtime is for the steps of its agents, for one agent without a runtime: it keeps what the agent wants, and does nothing. */
export class LoneHost implements StepHost, OutsideHost<Work> {
  readonly actor: Actor
  readonly catalog: Catalog
  /** Why the machine has failed. */
  failure: { readonly error: unknown } | undefined
  readonly #waiting = new Map<string, WaitingWork>()
  readonly #planned = new Map<string, WantedWork<Work>>()
  #timers: readonly Timer[] = []
  /** The timer that `cancel` cancels, by the actor and the id: the newest one, until any timer of that id has fired. */
  readonly #newest = new Map<AnyActorRef, Map<string, Timer>>()
  #now = 0
  #seq = 0
  #collected = none()

  constructor(agent: Agent) {
    this.actor = new Actor(stillHost(), agent.name, agent, '')
    this.catalog = defineCatalog([...new Set([...agent.hears, ...agent.says])])
  }

  // ---- turns ----

  /** Begins to collect what a machine wants. */
  collect(): void {
    this.#collected = none()
  }

  /** The next thing that reaches the machine is an event, or a position that is none. */
  announce(type: string, envelope?: Envelope): void {
    const { actor } = this
    const origin = { correlationid: envelope?.id ?? actor.address, ...(envelope && { causationid: envelope.id }) }
    actor.rounds = 0
    actor.announce({ seq: ++this.#seq, type, ...(envelope && { envelope, request: envelope.ask }), ...origin })
  }

  nextSeq(): number {
    return this.#seq + 1
  }

  /** What was collected. @throws what the machine threw, or what a runtime would refuse */
  step(): LoneStep {
    if (this.failure) throw this.failure.error
    const snapshot = this.actor.ref?.getSnapshot()
    const { isHandled, wants, ...collected } = this.#collected
    const of = (...kinds: readonly string[]) => wants.filter(({ kind }) => kinds.includes(kind))
    return {
      outcome: isHandled ? 'handled' : 'ignored',
      state: snapshot.value,
      context: snapshot.context,
      status: snapshot.status,
      output: snapshot.output,
      ...collected,
      asks: of('ask', 'ask-many'),
      runs: of('effect'),
      starts: of('child'),
    }
  }

  // ---- what a step calls ----

  actorOf(ref: AnyActorRef): Actor | undefined {
    const { actor } = this
    return ref === actor.ref || (actor.ref === undefined && ref.id === actor.name) ? actor : undefined
  }

  admit(actor: Actor, { type }: EventObject): boolean {
    const { rounds } = actor
    this.announce(type)
    actor.rounds = rounds + 1
    return true
  }

  check(actor: Actor, event: EventObject) {
    return checkSaid(actor.agent, event, this.catalog)
  }

  checkChild(): void {}

  passage(): undefined {}

  agentAt(): undefined {}

  setTimer({ ref }: Actor, { id, delay, event }: NewTimer): void {
    if (ref) this.#set(ref, { id, delay, fire: () => this.#fire(ref, event) })
  }

  commit({ outcome, outputs, failure }: Step): () => void {
    const collected = this.#collected
    if (failure) this.failure ??= failure
    if (outcome === 'handled') collected.isHandled = true
    for (const output of outputs) {
      if (output.kind === 'emit') collected.says.push(output.event)
      else if (output.kind === 'reply' || output.kind === 'refusal') collected.answers.push(output.event)
    }
    return () => {}
  }

  released(): void {}

  failedAfter(_: Step, error: unknown): void {
    this.failure ??= { error }
  }

  unsaid({ address }: Actor, handled: string, type: string): void {
    this.#collected.warnings.push(new EventUnsaidError(address, handled, type))
  }

  rejected(): void {}

  // ---- work ----

  /** The work that waits for its outcome, by the ids of the invokes. */
  get waiting(): readonly WaitingWork[] {
    return [...this.#waiting.values()]
  }

  plan(wanted: WantedWork<Work>): PlannedWork {
    const { invokeId: id, work, input } = wanted
    const key = `${this.actor.address}@${this.#seq}/${id}`
    this.#planned.set(key, wanted)
    this.#collected.wants.push({ id, kind: work.kind, name: kindOf(work).titleOf(work), input })
    return { key, origin: { correlationid: this.actor.address } }
  }

  restore(): boolean {
    return false
  }

  begin(key: string, settle: (outcome: Outcome) => void): () => void {
    const wanted = this.#planned.get(key)
    if (wanted)
      this.#waiting.set(key, {
        id: wanted.invokeId,
        work: wanted.work,
        settle: outcome => {
          this.#waiting.delete(key)
          settle(outcome)
        },
      })
    return () => {
      if (this.#waiting.delete(key) && wanted) this.#collected.drops.push(wanted.invokeId)
    }
  }

  /** Work that had begun before the first step is no longer wanted. */
  drop(id: string): void {
    this.#collected.drops.push(id)
  }

  // ---- time ----

  /** Fires the timers that become due within a time, each at its time. @throws LoneTimersError */
  pass(ms: number): void {
    const end = this.#now + ms
    let fired = 0
    for (let [next] = this.#timers; next && next.at <= end && !this.failure; [next] = this.#timers) {
      fired = next.at > this.#now ? 1 : fired + 1
      if (fired > mostAtOnce) throw new LoneTimersError(this.actor.name, next.id)
      this.#now = next.at
      this.#forget(next)
      next.fire()
    }
    this.#now = end
  }

  /** Called by XState, for timers of machines inside the agent. */
  schedule(source: AnyActorRef, target: AnyActorRef, ...[event, delay, id]: [EventObject, number, string]): void {
    this.#set(source, { id, delay, fire: () => this.#fire(target, event) })
  }

  cancel(source: AnyActorRef, id: string): void {
    const timer = this.#newest.get(source)?.get(id)
    if (timer) this.#forget(timer)
  }

  cancelAll(source: AnyActorRef): void {
    this.#timers = this.#timers.filter(one => one.source !== source)
    this.#newest.delete(source)
  }

  #set(source: AnyActorRef, { id, delay, fire }: { id: string; delay: number; fire: () => void }): void {
    this.#collected.timers.push(delay)
    const at = this.#now + delay
    const place = this.#timers.findLastIndex(one => one.at <= at) + 1
    const timer = { source, id, at, fire }
    this.#timers = this.#timers.toSpliced(place, 0, timer)
    const newest = this.#newest.get(source) ?? new Map<string, Timer>()
    this.#newest.set(source, newest.set(id, timer))
  }

  #forget(timer: Timer): void {
    this.#timers = this.#timers.filter(one => one !== timer)
    this.#newest.get(timer.source)?.delete(timer.id)
  }

  #fire(target: AnyActorRef, event: EventObject): void {
    this.announce(event.type)
    target.send(event)
  }
}

/** For an agent without mail and turns. */
function stillHost(): ActorHost<Actor> {
  const nothing = () => {}
  return {
    address: 'runtime',
    aging: Number.POSITIVE_INFINITY,
    ready: new ReadyQueue(systemScheduler, nothing),
    now: () => 0,
    elapsed: () => 0,
    isExpired: () => false,
    enter: () => undefined,
    leave: nothing,
    handable: () => undefined,
    handle: nothing,
    becameBusy: nothing,
    readBack: () => Promise.resolve(),
    guard: (_, call) => void call(),
    working: nothing,
    resting: nothing,
    fault: nothing,
  }
}
