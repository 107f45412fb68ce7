import { checkPriority } from '../event.ts'

/**
 * The priority of something whose urgency counts upwards: 10, which is most urgent there, is 1 here.
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
