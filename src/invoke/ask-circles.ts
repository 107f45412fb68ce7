import { AskCycleError, type AskTable, type PendingAsk } from './ask.ts'

/**
 * Fails the youngest ask of the circle that an ask is part of, if every ask in it waits for the next.
 *
 * @param isBlocked whether the callee is busy and does not take the request meanwhile
 */
export function breakCircle(asks: AskTable, key: string, isBlocked: (ask: PendingAsk) => boolean): void {
  const circle = asks.circle(key, isBlocked)
  const youngest = circle?.toSorted((one, other) => other.order - one.order)[0]
  if (!circle || !youngest) return
  const at = circle.indexOf(youngest)
  const path = [...circle.slice(at), ...circle.slice(0, at)].map(({ from }) => from)
  asks.fail(youngest.key, new AskCycleError(youngest.type, [...path, youngest.from]))
}
