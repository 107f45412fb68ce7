import { leadBack } from '../errors.ts'
import type { AskWork } from '../invoke/ask.ts'
import type { AskManyWork } from '../invoke/ask-many.ts'
import { askIntent, askOne, askSeveral } from './ask-from-agent.ts'
import type { Settle, WorkKind, WorkScope } from './kind.ts'

/** Asking one agent or handler. */
export const askKind: WorkKind<AskWork> = {
  name: 'ask',
  isAwaited: true,
  titleOf,
  intent: askIntent,
  run: (work, scope) => askOne(work, scope, settling(work, scope)),
  over: ended,
}

/** Asking several agents and handlers at once. */
export const askManyKind: WorkKind<AskManyWork> = {
  name: 'ask-many',
  isAwaited: true,
  titleOf,
  intent: askIntent,
  run: (work, scope) => askSeveral(work, scope, settling(work, scope)),
  over: ended,
}

function titleOf({ request }: AskWork | AskManyWork): string {
  return request.type
}

/** The stack of a failed ask ends where the ask was defined. */
function settling({ place }: AskWork | AskManyWork, scope: WorkScope): Settle {
  return (outcome, trace) => {
    if (!outcome.ok) leadBack(outcome.error, place)
    scope.settle(outcome, trace)
  }
}

function ended(_: AskWork | AskManyWork, { key, partition }: WorkScope): void {
  partition.asksElsewhere.ended(key, partition.watermark)
}
