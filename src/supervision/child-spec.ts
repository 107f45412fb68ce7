import type { AnyActorLogic } from 'xstate'
import type { RestartType } from '../agent/agent.ts'

/** How a supervisor starts a child: every incarnation starts from the same value. */
export interface ChildSpec {
  readonly id: string
  readonly restart: RestartType
  /** The input of the next incarnation. */
  readonly input?: unknown
  /** The logic of the next incarnation. */
  logic(): AnyActorLogic
}

/** How a child ended: it reached its final state, or it failed. */
export type Exit = 'done' | 'failed'

/** Whether a child of this restart type is started again after it ended this way. */
export function restarts(type: RestartType, exit: Exit): boolean {
  return type === 'permanent' || (type === 'transient' && exit === 'failed')
}
