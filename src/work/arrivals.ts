import { TroupeError } from '../errors.ts'
import { deepFrozen } from '../events/json.ts'
import { checkDelivered } from '../events/payload.ts'
import { AskRefusedByCalleeError } from '../events/refusal.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import type { RequestStanding } from '../journal/fold/answers.ts'
import { recall } from '../journal/recall.ts'
import { type Address, addressOf, NoAddressError, splitAddress } from '../mail/address.ts'
import { frozenEnvelope } from '../mail/envelope.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Message, Messages } from '../transport/message.ts'
import { AskFromElsewhere, buryAnswer } from './ask-from-elsewhere.ts'
import { Asking, type Callee } from './asking.ts'
import { AwaitedCallee } from './awaited-callee.ts'
import { AgentCallee, calleeOf } from './callee.ts'
import { checkMessage } from './message-shape.ts'
import { errorData, errorIn } from './outcomes.ts'
import { answerIn, failureIn, type RecalledAsk } from './recalled-ask.ts'

/** Takes a message that another partition has sent to this one. */
export function arrive(here: Partition, links: Links, message: Message): void {
  try {
    checkMessage(message)
    switch (message.type) {
      case 'ask':
        return asked(here, links, message)
      case 'cancel':
        return cancelled(here, message)
      case 'reply':
        return replied(here, message)
      case 'failure':
        return failed(here, message)
      case 'overheard':
        return overheard(here, message)
    }
  } catch (error) {
    here.reportError('error', error)
  }
}

/** @param isFound whether the callee has come only now: unless it was restored with the request, the request is delivered to it */
function asked(here: Partition, links: Links, given: Messages['ask'], isFound = false): void {
  const { ask: key, to, again } = given
  const before = here.asks.get(key)
  if (before && !(again && isReplaced(before))) return
  if (again?.isUnread && !before) {
    if (!here.lookUps.has(key)) void lookUp(here, links, given)
    return
  }
  const message = { ...given, data: deepFrozen(given.data) }
  let callee: Callee
  try {
    here.system.catalog.checkDelivered(message.request, message.data)
    callee = calleeIn(here, message)
  } catch (error) {
    // The agents of an earlier process may still be restored or spawned.
    if (!again || !(error instanceof NoAddressError)) return refuse(here, links, message, error)
    const found = () => asked(here, links, { ...message, wait: here.asks.remaining(key) }, true)
    callee = new AwaitedCallee(here, to ?? here.address, () => calleeIn(here, message), found)
  }
  const ask = new AskFromElsewhere(here, links, message, callee)
  const isKnown = !isFound && again?.callee !== undefined
  ask.isProvisional = callee instanceof AwaitedCallee
  ask.hasRequest = before?.hasRequest || (isKnown && !ask.isProvisional)
  before?.leave()
  if (before) here.asks.reopen(before, ask)
  else here.asks.open(ask, ask.hasRequest ? again?.takenBy : undefined)
  if (!ask.hasRequest) ask.send()
}

/** Finds out in the journal what became of a request that another runtime has sent in an earlier process. */
async function lookUp(here: Partition, links: Links, message: Messages['ask']): Promise<void> {
  const { ask: key, request: type, from } = message
  here.lookUps.add(key)
  here.activity.begin()
  try {
    await here.watermark.reached()
    const { standing } = await recall(here.system.journal, { partition: here.address, epoch: 0 })
    // The asker no longer waits.
    if (!here.lookUps.delete(key)) return
    const known = standing.request(key)
    const outcome = known && endOf({ ...known, at: here.address }, type)
    // It was lost there, and its asker cannot be told how: the ask ends at its deadline.
    if (known?.answer && !outcome) return
    if (!outcome) return asked(here, links, { ...message, again: againOf(here, known) })
    const { to: source, ok } = outcome
    if (ok) links.send(from, { type: 'reply', ask: key, source, data: outcome.output }, () => {})
    else links.send(from, { type: 'failure', ask: key, error: errorData(outcome.error) }, () => {})
  } catch (error) {
    here.lookUps.delete(key)
    here.reportError('error', error)
  } finally {
    here.activity.end()
  }
}

/** How a request ended at its callee; nothing if it has not ended. */
function endOf(known: RecalledAsk, type: string): (Outcome & { readonly to: Address }) | undefined {
  const { answer, at } = known
  if (!answer) return undefined
  const to = addressOf(at, answer.to)
  const error = failureIn(answer, { type, to })
  const outcome = answerIn(known, type) ?? (error && { ok: false, error })
  return outcome && { ...outcome, to }
}

function againOf(here: Partition, known: RequestStanding | undefined): NonNullable<Messages['ask']['again']> {
  const { callee, takenBy } = known ?? {}
  if (callee === undefined) return {}
  return { callee: addressOf(here.address, callee), ...(takenBy !== undefined && { takenBy }) }
}

function isReplaced(before: PendingAsk): before is AskFromElsewhere {
  return before instanceof AskFromElsewhere && before.isProvisional && !before.answered
}

/** The agent that has the request already, or else whoever is asked. @throws what `calleeOf` throws */
function calleeIn(here: Partition, { request: type, data, ask, to, again }: Messages['ask']): Callee {
  const holder = again?.callee === undefined ? undefined : here.registry.named(splitAddress(again.callee).name)
  const isThere = holder && holder.status !== 'stopped' && holder.address === again?.callee
  return isThere ? new AgentCallee(here, holder, false) : calleeOf(here, { type, data, ask }, to)
}

function refuse(here: Partition, links: Links, { from, ask }: Messages['ask'], error: unknown): void {
  reject(here.system.tally)
  links.send(from, { type: 'failure', ask, error: errorData(error) }, () => {})
}

function cancelled(here: Partition, { ask: key, error }: Messages['cancel']): void {
  here.lookUps.delete(key)
  const ask = here.asks.get(key)
  if (!(ask instanceof AskFromElsewhere)) return
  const why = error === undefined ? undefined : errorIn(error)
  if (why instanceof Error) ask.giveUp(why)
  else here.asks.cancel(key)
}

function replied(here: Partition, { ask: key, source, data }: Messages['reply']): void {
  const ask = here.asks.get(key)
  const output = deepFrozen(data)
  if (ask instanceof Asking && here.asks.close(key, checked(ask, { ok: true, output }))) return
  buryAnswer(here, { type: 'ask.reply', data: output, ask: key }, source)
}

function failed(here: Partition, { ask: key, error: given }: Messages['failure']): void {
  const ask = here.asks.get(key)
  if (!(ask instanceof Asking)) return
  const outcome = checked(ask, { ok: false, error: errorIn(given) })
  if (!outcome.ok && outcome.error instanceof TroupeError) here.asks.fail(key, outcome.error)
  else here.asks.close(key, outcome)
}

/** The outcome of an ask, or why it is not an answer to its request. */
function checked({ type, request }: Asking, outcome: Outcome): Outcome {
  try {
    if (outcome.ok) checkDelivered(`${type}.reply`, request.output, outcome.output)
    else if (outcome.error instanceof AskRefusedByCalleeError)
      checkDelivered(`${type}.refusal`, request.refusal, outcome.error.refusal)
    return outcome
  } catch (error) {
    return { ok: false, error }
  }
}

function overheard(here: Partition, { envelope }: Messages['overheard']): void {
  const { catalog } = here.system
  if (!here.registry.hears(envelope.type)) return
  const lifted = catalog.lifted(envelope)
  if (lifted === envelope) catalog.checkDelivered(envelope.type, envelope.data)
  here.hear(frozenEnvelope(lifted))
}
