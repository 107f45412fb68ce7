import { type PersistRule, persistBy } from '../persist.ts'
import {
  errorRecovery,
  feedbackReceived,
  improvementApplied,
  patternDiscovered,
  workflowCompleted,
  workflowFailed,
} from './platform.ts'

/**
 * The rule of an agent platform about what is journalled: what is urgent (priority 1 to 3), how workflows end, what was learnt,
 * what users said of it, what works again.
 *
 * @example
 * createRuntime({ events: [...platformEvents], persist: importantEvents })
 */
export const importantEvents: PersistRule = persistBy({
  priority: 3,
  types: [workflowCompleted, workflowFailed, patternDiscovered, improvementApplied, feedbackReceived, errorRecovery],
})
