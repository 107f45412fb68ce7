import type { RestartType } from '../agent/agent.ts'

/** How a child ended: it reached its final state, or it failed. */
export type Exit = 'done' | 'failed'

/** Whether a child of this restart type is started again after it ended this way. */
export function restarts(type: RestartType, exit: Exit): boolean {
  return type === 'permanent' || (type === 'transient' && exit === 'failed')
}
