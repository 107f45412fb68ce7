import type { Actor } from '../actor/actor.ts'
import type { TraceContext } from '../around.ts'
import type { OpenSpan } from '../following.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { WorkStanding } from '../journal/fold/agent-standing.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Entry } from '../journal/frame.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { Children } from './children.ts'

/** Work that an agent may invoke; `kind` is the name of its kind. */
export interface Work {
  readonly kind: string
}

/** Takes how work ended, and what the span of the work sends along. */
export type Settle = (outcome: Outcome, trace?: TraceContext) => void

/** Gives up work that is under way. */
export type Cancel = (why?: unknown) => void

/**
 * A kind of work: what the journal says of it, how it is done, and what a new process does with it. A new kind is a value in a file
 * of its own and a line in `kinds.ts`.
 *
 * @example
 * // The logic that machines invoke, and the kind.
 * const approval = (what: string) => outside('approval', { kind: 'approval', what })
 * const approvalKind: WorkKind<Approval> = {
 *   name: 'approval',
 *   isAwaited: false,
 *   titleOf: ({ what }) => what,
 *   run: ({ what }, scope) => askPerson(what, answer => scope.settle({ ok: true, output: answer })),
 * }
 */
export interface WorkKind<W extends Work = Work> {
  readonly name: string
  /** Whether a partition is busy while such work is under way; `false` for work that may go on for ever, such as a child. */
  readonly isAwaited: boolean
  /** What people know this piece of work by: the name of an effect, the type of a request. */
  titleOf(work: W): string
  /** The entry that says that the work is wanted, if it is not `wanted`: the oldest kinds have entries of their own. */
  intent?(work: W, scope: WorkScope): Entry
  /** Does the work, and calls `scope.settle` with its outcome. The returned function gives the work up. */
  run(work: W, scope: WorkScope): Cancel
  /**
   * The last process ended, and no outcome is recorded: the work is done again (`retry`), or held until a person says what is so
   * (`hold`); either is recorded. With neither, `run` is called again, and finds out by itself how the work stands.
   */
  recover?(work: W, standing: WorkStanding): 'retry' | 'hold' | undefined
  /** A restored agent wants the work again; `run` is called later. The returned function is called when the work is over. */
  resuming?(work: W, scope: WorkScope): () => void
  /** The outcome of the work was appended, or the agent no longer wants it. */
  over?(work: W, scope: WorkScope): void
}

/** What a kind gets to know about one piece of work, and what it may use to do it. */
export interface WorkScope extends WorkSite {
  /** Names this piece of work for ever. */
  readonly key: string
  readonly invokeId: string
  readonly input: unknown
  /** The agent that wants it, and what led to it. */
  readonly actor: Actor
  readonly origin: Origin
  /** What the journal said about the work when its agent was restored; nothing for work that began in this process. */
  readonly standing: WorkStanding | undefined
  /** What the journal said about its partition then. */
  readonly recalled: Standing | undefined
  /** What the journal said then of requests that agents may have got: there only while `run` is called. */
  readonly requests: SavedRequests | undefined
  /** Counted from 1, in all processes. */
  readonly attempt: number
  /** What the work reported last, in this process or before; undefined if it has reported nothing. */
  readonly progress: unknown
  /** Records how far the work has come; a new process gets it as `progress`. @throws ValueError if the journal cannot give it back */
  report(progress: unknown): void
  /** Calls back when all that the work stands on is durable and its agent's `onInit` is over, unless it is given up before. */
  whenReady(go: () => void): void
  /** An attempt begins; returns its span, if somebody follows it. Whoever gets the span ends it. */
  follow(attempt: number): OpenSpan | undefined
  /** Ends the work; its outcome is recorded before the agent gets it, which handles it as a child of what `trace` names. */
  settle(outcome: Outcome, trace?: TraceContext): void
}

/** Where the work of a partition is done. */
export interface WorkSite {
  readonly partition: Partition
  readonly children: Children
}
