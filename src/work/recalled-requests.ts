import type { Actor } from '../actor/actor.ts'
import { defaultDeadline } from '../invoke/ask-options.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import { splitAddress } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { Messages } from '../transport/message.ts'
import { AskFromElsewhere } from './ask-from-elsewhere.ts'
import { AgentCallee } from './callee.ts'

/**
 * Opens the asks of other partitions whose requests a restored agent got in an earlier process: it may answer before a message says
 * that the asker still waits. If no such message comes, they end at the default deadline of asks.
 */
export function openRecalled(here: Partition, actor: Actor, { mail, taken, incarnation }: AgentStanding): void {
  for (const { ask, type, source } of mail.values())
    if (ask !== undefined) openOne(here, actor, { ask, request: type, source })
  // The journal no longer says what was requested.
  for (const ask of taken)
    openOne(here, actor, { ask, request: 'ask', source: splitAddress(ask).partition }, incarnation)
}

function openOne(
  here: Partition,
  actor: Actor,
  known: Pick<Messages['ask'], 'ask' | 'request' | 'source'>,
  takenBy?: number,
): void {
  const { links } = here.system
  const { partition: from } = splitAddress(known.ask)
  // A caller outside the agents does not outlive the process.
  const isElsewhere = from !== here.address && !known.ask.startsWith('outside/')
  if (!links || !isElsewhere) return
  const before = here.asks.get(known.ask)
  if (before instanceof AskFromElsewhere) {
    before.hasRequest = true
    before.takenBy ??= takenBy
  }
  if (before) return
  const origin = { correlationid: '' }
  const message = { type: 'ask', from, ...known, data: undefined, origin, behalf: [], wait: defaultDeadline } as const
  const ask = new AskFromElsewhere(here, links, message, new AgentCallee(here, actor, false))
  ask.hasRequest = true
  ask.isProvisional = true
  here.asks.open(ask, takenBy)
}
