import type { AnyActorRef } from 'xstate'
import type { Backoff } from '../backoff.ts'
import type { Exit } from './child-spec.ts'
import type { RestartIntensity } from './restart-intensity.ts'
import type { Strategy } from './strategy.ts'

/** The rules of one supervisor. */
export interface SupervisorRules {
  readonly name: string
  readonly strategy: Strategy
  readonly intensity: RestartIntensity
  readonly backoff: Backoff | undefined
}

/**
 * What a supervisor calls in the partition that it serves. It is an interface because supervisors run inside XState and decide by
 * rules alone, and the room that records what they decide, `lifecycle`, creates them.
 */
export interface SupervisorHost {
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  random(): number
  /** Calls back when everything appended so far is durable: a decision must not be based on what may still be lost. */
  atWatermark(decide: () => void): void
  /** Calls a function after a time in milliseconds. The returned function cancels the call. */
  after(ms: number, fn: () => void): () => void
  /** Whether a child was stopped for good by its owner. */
  isRetired(id: string): boolean
  /** Whether a child had done its work in another process: its supervisor knows it and does not start it. */
  isAway(id: string): boolean
  /** Creates and starts the next incarnation of a child, whose initial state is a step. The incarnation may have ended already. */
  start(id: string, create: () => AnyActorRef): AnyActorRef
  /** A child ended, by itself (`exit`) or with its siblings. It takes no mail until it is started again or gone. */
  exited(id: string, exit?: Exit): void
  /** Children are about to be stopped and to start again after a pause. The supervisor may give up before that. */
  pausing(ids: readonly string[]): void
  /** The id of the event that led to the failure of a child, if an event did. */
  causeOf(id: string): string | undefined
  /** These children are about to be started again, because the child `ended` has ended. */
  restarting(ended: string, ids: readonly string[]): void
  /** A child ended and is not started again. */
  gone(id: string, why: Exit | 'stopped' | 'escalated'): void
  /** A child would be restarted too often: the supervisor stops all its children. It ends with the returned error, if there is a supervisor above it. */
  escalated(rules: SupervisorRules, id: string, restarts: number): Error | undefined
}
