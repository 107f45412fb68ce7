import type { Actor } from '../actor/actor.ts'
import type { TraceContext } from '../around.ts'
import type { OpenSpan } from '../following.ts'
import type { Outcome, WantedWork } from '../invoke/outside.ts'
import type { WorkStanding } from '../journal/fold/agent-standing.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Entry } from '../journal/frame.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Steps } from '../partition/steps.ts'
import { takenOver } from '../values/copy.ts'
import { decoded, encoded } from '../values/json.ts'
import type { Children } from './children.ts'
import type { Cancel, Settle, Work, WorkKind, WorkScope, WorkSite } from './kind.ts'
import { kindOf } from './kinds.ts'
import { outcomeOf, recorded } from './outcomes.ts'

const nothing = () => {}

/** Where a piece of work is done, and where what it changes is recorded. */
export interface PieceSite extends WorkSite {
  readonly steps: Steps
}

/** Who wants a piece of work, and what led to it. */
export type Wanting = Pick<WorkScope, 'actor' | 'origin'> & Partial<Pick<WorkScope, 'standing' | 'recalled'>>

/** One piece of work of one agent, from its intent to its outcome. */
export class Piece implements WorkScope {
  readonly key: string
  readonly work: Work
  readonly invokeId: string
  readonly input: unknown
  readonly actor: Actor
  readonly origin: Origin
  readonly standing: WorkStanding | undefined
  readonly recalled: Standing | undefined
  requests: SavedRequests | undefined
  readonly partition: Partition
  readonly children: Children
  /** What it reported last. */
  progress: unknown
  isBegun = false
  readonly #kind: WorkKind
  readonly #steps: Steps
  readonly #incarnation: number
  readonly #parent: WantedWork<Work>['parent']
  #settle: Settle = nothing
  #isOver = false
  #isGivenUp = false
  #cancel: Cancel = nothing
  /** What is done when the work is over. */
  #leave = nothing
  #forget = nothing

  constructor(site: PieceSite, key: string, wanted: WantedWork<Work>, wanting: Wanting) {
    const { actor, origin } = wanting
    this.key = key
    this.work = wanted.work
    this.invokeId = wanted.invokeId
    this.input = wanted.input
    this.actor = actor
    this.origin = origin
    this.standing = wanting.standing
    this.recalled = wanting.recalled
    this.requests = undefined
    if (this.standing?.progress !== undefined) this.progress = decoded(this.standing.progress)
    this.partition = site.partition
    this.children = site.children
    this.#kind = kindOf(wanted.work)
    this.#steps = site.steps
    this.#incarnation = actor.incarnation
    this.#parent = wanted.parent
  }

  /** The entry that says that it is wanted. */
  intent(): Entry {
    const { key, work, partition } = this
    const { name: kind } = this.#kind
    return (
      this.#kind.intent?.(work, this) ?? {
        kind: 'wanted',
        seq: partition.nextSeq(),
        key,
        work: kind,
        name: this.#kind.titleOf(work),
      }
    )
  }

  /** The agent invoked it; `go` follows when its intent is recorded, or when all agents are restored. */
  begin(settle: Settle): void {
    this.isBegun = true
    this.#settle = settle
    if (this.#kind.isAwaited) this.partition.activity.begin()
    if (this.standing) this.#forget = this.#kind.resuming?.(this.work, this) ?? nothing
  }

  /** Decides what becomes of work whose outcome nobody knows, because the last process ended; the entry that says so. */
  decide(): Entry | undefined {
    const { standing, key } = this
    // Between two attempts, it is known how the last attempt ended.
    if (!standing || standing.outcome || standing.held || standing.due !== undefined) return undefined
    const decision = this.#kind.recover?.(this.work, standing)
    if (!decision) return undefined
    const seq = this.partition.nextSeq()
    standing.attempt++
    if (decision === 'retry') return { kind: 'retried', seq, key, attempt: standing.attempt }
    standing.held = true
    return { kind: 'held', seq, key, attempt: standing.attempt }
  }

  /**
   * Does the work, or hands over the outcome that it already has.
   *
   * @param requests what the journal says of requests that agents may have got, if its agent was restored
   */
  go(requests?: SavedRequests): void {
    if (this.#isOver) return
    this.requests = requests
    this.#cancel = this.#start()
    // They are how all partitions stood: too much to keep in memory for as long as the work takes.
    this.requests = undefined
  }

  /** Binds it to the ask that it is done for: if that ends without an answer, the work fails for the same reason. */
  bindToAsk(): void {
    if (this.#isOver) return
    const { asks } = this.partition
    this.#leave = asks.during(this.origin.request, error => {
      if (asks.fail(this.key, error)) return
      this.#giveUp(error)
      this.settle({ ok: false, error })
    })
  }

  whenReady(go: () => void): void {
    const goIfWanted = () => {
      if (!this.#isGivenUp) go()
    }
    this.partition.watermark.whenDurable(
      () => this.actor.whenRunning(goIfWanted),
      error => this.settle({ ok: false, error }),
    )
  }

  get attempt(): number {
    return this.standing?.attempt ?? 1
  }

  report(progress: unknown): void {
    if (this.#isOver) return
    const { partition, key } = this
    this.progress = takenOver(`the progress of "${this.#kind.titleOf(this.work)}"`, progress)
    const data = encoded(this.progress)
    partition.append({ kind: 'outcome' }, [{ kind: 'progressed', seq: partition.nextSeq(), key, data }])
  }

  follow(attempt: number): OpenSpan | undefined {
    const { partition, work, key, origin, actor } = this
    const { around } = partition.system
    if (around === undefined) return undefined
    const { address, party } = partition
    const named = { work: this.#kind.name, name: this.#kind.titleOf(work), key, agent: actor.address }
    const facts = { kind: 'work' as const, partition: address, party, cause: origin.causationid, ...named, attempt }
    return around.begin({ ...facts, isRecovered: this.standing !== undefined }, origin.trace, this.input)
  }

  settle(outcome: Outcome, trace?: TraceContext): void {
    if (this.#isOver) return
    // In the agent's lane, so that no step is interrupted; nobody waits for work that is cancelled meanwhile.
    this.actor.signal(() => {
      if (!this.#isOver) this.#hand(outcome, trace)
      this.#end()
    })
  }

  /** The agent no longer wants it. */
  cancel(): void {
    if (!this.#isOver) this.#giveUp()
    if (!this.#isOver) this.drop()
    if (!this.#isOver && this.#kind.over)
      this.partition.system.scheduler.microtask(() => this.#kind.over?.(this.work, this))
    this.#end()
  }

  /** Records that it is left before it has ended; what the agent's own machine leaves, the frame of the step says. */
  drop(): void {
    const { actor, partition, key } = this
    const isActive = actor.incarnation === this.#incarnation && actor.ref?.getSnapshot().status === 'active'
    if (!this.#isInside || !isActive || this.#steps.planned.takeBack(key)) return
    partition.append({ kind: 'outcome' }, [{ kind: 'dropped', seq: partition.nextSeq(), key }])
  }

  #giveUp(why?: unknown): void {
    this.#isGivenUp = true
    this.#cancel(why)
  }

  #start(): Cancel {
    const { standing } = this
    if (!standing?.outcome) return standing?.held ? this.#hold(standing) : this.#run()
    this.settle(outcomeOf(standing.outcome))
    return nothing
  }

  #run(): Cancel {
    try {
      return this.#kind.run(this.work, this)
    } catch (error) {
      this.settle({ ok: false, error })
      return nothing
    }
  }

  /** Waits for a person; the partition is not busy with that. */
  #hold({ attempt }: WorkStanding): Cancel {
    const { partition, key, work, actor } = this
    const { activity, system } = partition
    const { isAwaited } = this.#kind
    if (isAwaited) activity.end()
    return system.held.add({
      answered: () => {
        if (isAwaited) activity.begin()
      },
      partition,
      key,
      name: this.#kind.titleOf(work),
      address: actor.address,
      attempt,
      run: () => this.#run(),
      settle: outcome => this.settle(outcome),
    })
  }

  /** Whether a machine inside the agent wants it, not the machine of the agent. */
  get #isInside(): boolean {
    return this.#parent !== this.actor.ref
  }

  /** Records the outcome, and hands it to the agent. */
  #hand(ended: Outcome, trace = this.origin.trace): void {
    const { key, actor, standing, partition } = this
    const origin = trace === this.origin.trace ? this.origin : { ...this.origin, trace }
    const { outcome, value } = recorded(ended)
    const entry = (seq: number) => ({ kind: 'outcome' as const, seq, key, ok: outcome.ok, value })
    const known = standing?.outcome
    const handled = known && { ...origin, seq: known.seq, type: 'outcome' }
    const position = handled ?? partition.frames.appendOutcome(entry, 'outcome', origin)
    this.#kind.over?.(this.work, this)
    const settle = this.#settle
    // What a machine inside the agent tells the agent because of it is a position of its own.
    if (this.#isInside) return this.#steps.inside.handle(actor, position, () => settle(outcome))
    partition.turns.hand(actor, position, () => {
      settle(outcome)
      // The agent no longer wanted it when the journal had it at last.
      if (actor.announced) actor.takeHandled()
    })
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#forget()
    this.#leave()
    if (this.#kind.isAwaited) this.partition.activity.end()
  }
}
