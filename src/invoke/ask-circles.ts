import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { AskTable } from './ask-table.ts'
import type { PendingAsk } from './pending-ask.ts'

/** Whether the callee is busy and does not take the request meanwhile. */
type IsBlocked = (ask: PendingAsk) => boolean

/** Fails the youngest ask of the circle that an ask is part of, if every ask in the circle waits for the next. */
export function breakCircle(asks: AskTable, key: string, isBlocked: IsBlocked): void {
  const circle = circleOf(asks, key, isBlocked)
  const youngest = circle?.toSorted((one, other) => other.order - one.order)[0]
  if (!circle || !youngest) return
  const at = circle.indexOf(youngest)
  const path = [...circle.slice(at), ...circle.slice(0, at)].map(({ from }) => from)
  asks.fail(youngest.key, new AskCycleError(youngest.type, [...path, youngest.from]))
}

/** The circle of asks that an ask is part of, each waiting for the next, if there is such a circle. */
function circleOf(asks: AskTable, key: string, isBlocked: IsBlocked): readonly PendingAsk[] | undefined {
  const start = asks.get(key)
  // A callee that has asked nothing waits for no answer.
  if (!start || !asks.isAsking(start.to)) return undefined
  const seen = new Set<PendingAsk>()
  const search = (ask: PendingAsk, path: readonly PendingAsk[]): readonly PendingAsk[] | undefined => {
    for (const next of awaitedBy(asks, ask, isBlocked)) {
      if (next === start || start.behalf?.includes(next.key)) return path
      if (seen.has(next)) continue
      seen.add(next)
      const found = search(next, [...path, next])
      if (found) return found
    }
    return undefined
  }
  return search(start, [start])
}

/**
 * The asks that an ask waits for. An ask that its callee has taken waits for the asks made on its behalf. An ask that must
 * wait because its callee is busy waits for everything that the callee has asked.
 */
function awaitedBy(asks: AskTable, ask: PendingAsk, isBlocked: IsBlocked): readonly PendingAsk[] {
  if (ask.answered) return []
  if (ask.takenBy === undefined) return isBlocked(ask) ? asks.madeBy(ask.to) : []
  return asks.madeBy(ask.to).filter(({ parent }) => parent === ask.key)
}

/** The ask would wait for itself: every agent on the path is busy with an ask to the next. */
export class AskCycleError extends TroupeError {
  readonly code = 'ASK_CYCLE'
  readonly type: string
  /** The addresses around the circle; the asker stands at both ends. */
  readonly path: readonly Address[]
  constructor(type: string, path: readonly Address[]) {
    super(
      `The ask "${type}" would wait for itself: ${path.join(' -> ')}. Let one of them take the request while it is busy, or ask before becoming busy.`,
    )
    this.type = type
    this.path = path
  }
}
