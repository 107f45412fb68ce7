import type { Actor } from '../actor/actor.ts'
import { isOf, leadBack, TroupeError } from '../errors.ts'
import { type AskWork } from '../invoke/ask.ts'
import { type AskManyWork } from '../invoke/ask-many.ts'
import { ChildEndedError, type ChildWork } from '../invoke/child.ts'
import { EffectExhaustedError, type EffectWork } from '../invoke/effect.ts'
import type { Outcome, OutsideHost, PlannedWork, WantedWork } from '../invoke/outside.ts'
import type { OutcomeStanding } from '../journal/agent-standing.ts'
import type { Entry } from '../journal/frame.ts'
import { type Address, addressOf } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Steps } from '../partition/steps.ts'
import { type ErrorWords, RecordedError, wordsOf } from '../thrown.ts'
import { takenOver } from '../values/copy.ts'
import { decoded, encoded } from '../values/json.ts'
import { faultIn } from '../values/value.ts'
import type { Children } from './children.ts'
import { runEffect } from './effect-run.ts'
import { knownError, knownFields } from './known-errors.ts'
import { type Asking, OutsideAsks } from './outside-asks.ts'

/** The kinds of work that an agent may invoke. */
export type Work = AskWork | AskManyWork | EffectWork | ChildWork

interface Planned extends Asking, WantedWork<Work> {
  readonly incarnation: number
  readonly attempt?: number
  isBegun: boolean
}

type Settle = (outcome: Outcome) => void

/**
 * Runs what the agents of a partition invoke. The intent is in the frame of the step that wanted it; an ask inside the
 * partition goes at once, everything else after the watermark; how it ended is a position of its own, appended before the
 * agent hears of it.
 */
export class OutsideWork implements OutsideHost<Work> {
  readonly #partition: Partition
  readonly #steps: Steps
  readonly #children: Children
  readonly #asks: OutsideAsks
  /** What was planned in the newest turn in which something was. */
  readonly #planned = new Map<string, Planned>()
  #turn = 0
  /** What agents wanted that were restored, until all of them are there. */
  #resumed: Resumed[] = []
  #unlinked: Resumed[] = []

  constructor(partition: Partition, steps: Steps, children: Children) {
    this.#partition = partition
    this.#steps = steps
    this.#children = children
    this.#asks = new OutsideAsks(partition)
  }

  plan(wanted: WantedWork<Work>): PlannedWork {
    const { invokeId, parent, work } = wanted
    const { stepping, registry } = this.#partition
    const actor = stepping ?? (parent && registry.around(parent))
    const handled = stepping ? stepping.current : actor && this.#steps.goOnInside(actor, invokeId)
    if (!actor || !handled) throw new StrayInvokeError(invokeId)
    this.#forgetOthers()
    const key = this.#keyOf(`${actor.address}@${handled.seq}`, invokeId)
    this.#planned.set(key, plannedBy(actor, handled, wanted))
    this.#steps.plan(this.#intentOf(work, key, handled))
    return { key, origin: originIn(handled) }
  }

  resume({ key, origin }: PlannedWork, wanted: WantedWork<Work>): boolean {
    const { standing, registry } = this.#partition
    const owner = standing?.ownerOf(key)
    const actor = owner && registry.named(owner.name)
    if (!actor) throw new StrayInvokeError(wanted.invokeId)
    const known = owner.works.get(key)
    if (known) this.#planned.set(key, { ...plannedBy(actor, origin, wanted), standing: known })
    return known !== undefined
  }

  /**
   * Goes on with what restored agents waited for, now that everybody is there: what has ended is handed over, requests that
   * are on their way are waited for, and effects of which nobody knows are done again or held. What is decided is one frame.
   */
  goOn(): void {
    // Children that come back because of it have more.
    while (this.#resumed.length > 0) {
      const resumed = this.#resumed
      this.#resumed = []
      const entries = resumed.flatMap(one => this.#decide(one) ?? [])
      if (entries.length > 0) this.#partition.append({ kind: 'recovery' }, entries)
      for (const { go } of resumed) go()
      this.#unlinked.push(...resumed)
    }
  }

  /** All that was asked is asked again: what is done on behalf of an ask ends with it. */
  link(): void {
    for (const { link } of this.#unlinked.splice(0)) link()
  }

  /** An agent has come back with another machine: what that does not want is wanted no more. */
  forgetLost({ name }: Actor): void {
    const works = this.#partition.standing?.agents.get(name)?.works
    const wanted = new Set(this.#resumed.map(({ key }) => key))
    const lost = [...(works?.keys() ?? [])].filter(key => !wanted.has(key))
    const entries = lost.map(key => ({ kind: 'dropped' as const, seq: this.#partition.nextSeq(), key }))
    if (entries.length > 0) this.#partition.append({ kind: 'recovery' }, entries)
  }

  #decide({ key, planned }: Resumed): Entry | undefined {
    const { work, standing } = planned
    if (work.kind !== 'effect' || !standing || standing.outcome || standing.held) return undefined
    // Between two attempts, everybody knows how the last one ended.
    if (standing.due !== undefined) return undefined
    const seq = this.#partition.nextSeq()
    standing.attempt++
    if (work.inDoubt === 'retry') return { kind: 'retried', seq, key, attempt: standing.attempt }
    standing.held = true
    return { kind: 'held', seq, key, attempt: standing.attempt }
  }

  #intentOf(work: Work, key: string, origin: Origin): Entry {
    if (work.kind === 'effect') return { kind: 'effect', seq: this.#partition.nextSeq(), key, name: work.name }
    if (work.kind === 'child') return { kind: 'child', seq: this.#partition.nextSeq(), key, name: work.agent.name }
    return this.#asks.intent(work, key, origin)
  }

  /** Within a turn, several steps may plan before the first of them begins what it wants. */
  #forgetOthers(): void {
    if (this.#turn === this.#partition.turns) return
    this.#turn = this.#partition.turns
    // What has not begun was left again before it could.
    for (const [key, planned] of this.#planned) if (!planned.isBegun) this.#drop(key, planned)
    this.#planned.clear()
  }

  /** A key that no other work of this step has, and that is the same when the step is run again. */
  #keyOf(step: string, invokeId: string): string {
    // XState numbers spawned actors without an id through the whole process.
    const name = /^x:\d+$/.test(invokeId) ? 'spawned' : invokeId
    let key = `${step}/${name}`
    for (let count = 2; this.#planned.has(key); count++) key = `${step}/${name}#${count}`
    return key
  }

  begin(key: string, settle: Settle): () => void {
    const planned = this.#planned.get(key)
    if (!planned) throw new StrayInvokeError(key)
    const { activity, system } = this.#partition
    planned.isBegun = true
    // A child that lives is nothing to wait for.
    const isAwaited = planned.work.kind !== 'child'
    if (isAwaited) activity.begin()
    let over = false
    let leave = () => {}
    const { actor, invokeId, standing } = planned
    const forget = standing && !isAwaited ? this.#children.expect(actor, invokeId) : undefined
    const end = () => {
      if (over) return
      over = true
      forget?.()
      leave()
      if (isAwaited) activity.end()
    }
    const settled: Settle = outcome => {
      if (over) return
      // Of the agent's lane, so that no step is interrupted; cancelled work has nobody left to tell.
      actor.signal(() => {
        if (!over) this.#hand(key, planned, outcome, settle)
        end()
      })
    }
    let cancel: (why?: unknown) => void = () => {}
    const go = () => {
      if (!over) cancel = this.#run(key, planned, settled)
    }
    const link = () => {
      if (over) return
      // Done for an ask that ends without an answer, it ends too: its agent hears of it like of any failure.
      leave = system.asks.during(planned.origin.request, error => {
        if (system.asks.fail(key, error)) return
        cancel(error)
        settled({ ok: false, error })
      })
    }
    if (standing) this.#resumed.push({ key, planned, go, link })
    else
      this.#steps.whenRecorded(() => {
        go()
        link()
      })
    return () => {
      if (!over) cancel()
      if (!over) this.#drop(key, planned)
      if (!over) queueMicrotask(() => this.#endAsking(key))
      end()
    }
  }

  /** When all that is appended so far is durable, nobody asks for the answer again. */
  #endAsking(key: string): void {
    const { asking, watermark } = this.#partition
    if (asking?.has(key))
      watermark.whenDurable(
        () => void asking.delete(key),
        () => {},
      )
  }

  #run(key: string, planned: Planned, settle: Settle): (why?: unknown) => void {
    const { work, standing } = planned
    if (standing?.outcome) settle(outcomeOf(standing.outcome))
    if (standing?.outcome) return () => {}
    if (work.kind === 'effect') return this.#runEffect(key, work, planned, settle)
    if (work.kind === 'child') return this.#startChild(work, planned, settle)
    const settled: Settle = outcome => {
      if (!outcome.ok) leadBack(outcome.error, work.place)
      settle(outcome)
    }
    return work.kind === 'ask'
      ? this.#asks.ask(key, work, planned, settled)
      : this.#asks.askMany(key, work, planned, settled)
  }

  /** Work is left before it has ended. What the agent's own machine leaves, the frame of its step says. */
  #drop(key: string, planned: Planned): void {
    const { actor, incarnation } = planned
    if (!isInside(planned) || actor.incarnation !== incarnation || actor.ref?.getSnapshot().status !== 'active') return
    if (this.#steps.takeBack(key)) return
    this.#partition.append({ kind: 'outcome' }, [{ kind: 'dropped', seq: this.#partition.nextSeq(), key }])
  }

  #hand(key: string, planned: Planned, ended: Outcome, settle: Settle): void {
    const { actor, origin, standing } = planned
    const { outcome, value } = recorded(ended)
    const entry = (seq: number) => ({ kind: 'outcome' as const, seq, key, ok: outcome.ok, value })
    const known = standing?.outcome
    const handled = known && { ...origin, seq: known.seq, type: 'outcome' }
    const position = handled ?? this.#partition.appendOutcome(entry, 'outcome', origin)
    this.#endAsking(key)
    // What a machine inside the agent tells the agent because of it is a position of its own.
    if (isInside(planned)) return this.#steps.inside(actor, position, () => settle(outcome))
    this.#partition.hand(actor, position, () => {
      settle(outcome)
      // The agent wanted it no more when the journal had it at last.
      if (actor.announced) actor.takeHandled()
    })
  }

  #runEffect(key: string, work: EffectWork, planned: Planned, settle: Settle): (why?: unknown) => void {
    const { standing, actor } = planned
    const { failures, due } = standing ?? {}
    const wait = due === undefined ? undefined : due - (this.#partition.standing?.date ?? due)
    const run = (attempt: number) =>
      runEffect(this.#partition, key, work, { ...planned, attempt, failures, wait }, settle)
    if (!standing?.held) return run(standing?.attempt ?? 1)
    // Somebody's answer is nothing that a partition is busy with.
    const { activity, system } = this.#partition
    activity.end()
    return system.held.add({
      answered: () => activity.begin(),
      partition: this.#partition,
      key,
      name: work.name,
      address: actor.address,
      attempt: standing.attempt,
      run,
      settle,
    })
  }

  #startChild(
    { agent, orphan }: ChildWork,
    { actor, invokeId, input, origin, standing }: Planned,
    settle: Settle,
  ): () => void {
    let isWanted = true
    let child: Actor | undefined
    const gone: Settle = outcome => {
      child = undefined
      settle(kept(agent.name, outcome))
    }
    const ended = standing && this.#childEnded(addressOf(actor.address, invokeId), standing.seq)
    const start = () => {
      if (!isWanted) return
      if (ended) return settle(ended)
      try {
        child = this.#children.startChild(actor, invokeId, { agent, input, origin }, gone)
      } catch (error) {
        settle({ ok: false, error })
      }
    }
    // One that comes back with its parent misses nothing from here on, also while the parent is not ready.
    if (standing && this.#children.isAwaited(actor, invokeId)) start()
    // In a turn of its own: the supervisor may be in the middle of starting the parent.
    else actor.signal(start)
    return () => {
      isWanted = false
      if (child) this.#children.orphan(child, orphan)
    }
  }

  /** How a child ended that was begun at a position, if it had before the process did. */
  #childEnded(address: Address, begun: number): Outcome | undefined {
    const child = this.#partition.standing?.at(address)
    if (child?.gone === undefined || child.goneAt < begun) return undefined
    const { gone, output } = child
    return gone === 'done'
      ? { ok: true, output: decoded(output) }
      : { ok: false, error: new ChildEndedError(address, gone) }
  }
}

function plannedBy(actor: Actor, origin: Origin, wanted: WantedWork<Work>): Planned {
  return { ...wanted, actor, incarnation: actor.incarnation, origin, isBegun: false }
}

/** Whether a machine inside an agent wants it, not that of the agent. */
function isInside({ actor, parent }: Planned): boolean {
  return parent !== actor.ref
}

/** An outcome, and what the journal holds of it: one that cannot be read any more has failed of that. */
function recorded(outcome: Outcome): { readonly outcome: Outcome; readonly value: unknown } {
  if (!outcome.ok) return { outcome, value: failureOf(outcome.error) }
  try {
    return { outcome, value: encoded(outcome.output) }
  } catch (error) {
    return recorded({ ok: false, error })
  }
}

/** An error of anybody's in words; the error too, if it can be given back. */
function failureOf(error: unknown): RecordedFailure {
  const words = wordsOf(error)
  try {
    const whole = faultIn(error) === undefined && { error: encoded(error) }
    const cause = isOf(error, EffectExhaustedError) && { cause: failureOf(error.cause) }
    return { ...words, ...whole, ...knownFields(words.code, error), ...cause }
  } catch {
    // It throws when it is read.
    return words
  }
}

function outcomeOf({ ok, value }: OutcomeStanding): Outcome {
  return ok ? { ok, output: decoded(value) } : { ok, error: errorOf(value) }
}

function errorOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return new RecordedError(value)
  if ('error' in value) return decoded(value.error)
  return knownError(value, 'cause' in value ? errorOf(value.cause) : undefined) ?? new RecordedError(value)
}

/** An outcome that the journal can give back. */
function kept(name: string, outcome: Outcome): Outcome {
  if (!outcome.ok) return outcome
  try {
    return { ok: true, output: takenOver(`the outcome of "${name}"`, outcome.output) }
  } catch (error) {
    return { ok: false, error }
  }
}

/** What an agent wanted before it was restored. */
interface Resumed {
  readonly key: string
  readonly planned: Planned
  /** Goes on with it. */
  go(): void
  /** Ends it with the ask that it is done for. */
  link(): void
}

/** How outside work failed, as the journal holds it. */
interface RecordedFailure extends ErrorWords {
  /** As the journal holds a value. */
  readonly error?: unknown
  /** The same, of the errors that come back by their fields. */
  readonly fields?: unknown
  /** What it failed of, of an effect that was tried again in vain. */
  readonly cause?: RecordedFailure
}

/** Outside work was invoked by something that is no agent's machine. */
export class StrayInvokeError extends TroupeError {
  readonly code = 'STRAY_INVOKE'
  readonly invokeId: string
  constructor(invokeId: string) {
    super(
      `"${invokeId}" was invoked outside the step of an agent. Invoke asks and effects in the agent's machine, or in one inside it.`,
    )
    this.invokeId = invokeId
  }
}
