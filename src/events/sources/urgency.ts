import { checkPriority } from '../event.ts'

/**
 * Converts an urgency that counts upwards into a priority: an urgency of 10 (most urgent) becomes the priority 1.
 *
 * @example
 * agentActionRequested({ ...action, priority: priorityOf(9) }) // 2
 *
 * @param urgency a whole number from 1 (least urgent) to 10
 * @throws PriorityError
 */
export function priorityOf(urgency: number): number {
  checkPriority(urgency)
  return 11 - urgency
}
