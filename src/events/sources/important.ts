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
 * A rule for an agent platform: which events are journalled. These are urgent events (priority 1 to 3), ends of workflows,
 * improvements, feedback of users, and recoveries.
 *
 * @example
 * createRuntime({ events: [...platformEvents], persist: importantEvents })
 */
export const importantEvents: PersistRule = persistBy({
  priority: 3,
  types: [workflowCompleted, workflowFailed, patternDiscovered, improvementApplied, feedbackReceived, errorRecovery],
})
