import { TroupeError } from '../errors.ts'
import { deepFrozen } from '../events/json.ts'
import { NoAddressError } from '../mail/address.ts'
import { frozenEnvelope } from '../mail/envelope.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Message, Messages } from '../transport/message.ts'
import { AskFromElsewhere, buryAnswer } from './ask-from-elsewhere.ts'
import { Asking, type Callee } from './asking.ts'
import { AwaitedCallee } from './awaited-callee.ts'
import { calleeOf } from './callee.ts'
import { checkMessage } from './message-shape.ts'
import { errorData, errorIn } from './outcomes.ts'

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
        return here.hear(frozenEnvelope(message.envelope))
    }
  } catch (error) {
    here.reportError('error', error)
  }
}

function asked(here: Partition, links: Links, message: Messages['ask']): void {
  const { ask: key, request: type, to, again } = message
  const before = here.asks.get(key)
  const isRecalled = again !== undefined && before instanceof AskFromElsewhere && !before.answered
  if (before && !isRecalled) return
  const data = deepFrozen(message.data)
  const find = () => calleeOf(here, { type, data, ask: key }, to)
  let callee: Callee
  try {
    callee = find()
  } catch (error) {
    // An agent that has the request from an earlier process may still be restored or spawned.
    const isAwaited = again !== undefined && to !== undefined && error instanceof NoAddressError
    if (!isAwaited) return refuse(here, links, message, error)
    callee = new AwaitedCallee(here, to, find)
  }
  const ask = new AskFromElsewhere(here, links, { ...message, data }, callee)
  if (before) here.asks.reopen(before, ask)
  else here.asks.open(ask, again?.takenBy)
  if (callee instanceof AwaitedCallee) callee.wait(found => ask.found(found))
  else if (!again) ask.send()
}

function refuse(here: Partition, links: Links, { from, ask }: Messages['ask'], error: unknown): void {
  reject(here.system.tally)
  links.send(from, { type: 'failure', ask, error: errorData(error) }, () => {})
}

function cancelled(here: Partition, { ask: key, error }: Messages['cancel']): void {
  const ask = here.asks.get(key)
  if (!(ask instanceof AskFromElsewhere)) return
  const why = error === undefined ? undefined : errorIn(error)
  if (why instanceof Error) ask.giveUp(why)
  else here.asks.cancel(key)
}

function replied(here: Partition, { ask: key, source, data }: Messages['reply']): void {
  const ask = here.asks.get(key)
  const output = deepFrozen(data)
  if (ask instanceof Asking && here.asks.close(key, { ok: true, output })) return
  buryAnswer(here, { type: 'ask.reply', data: output, ask: key }, source)
}

function failed(here: Partition, { ask: key, error: given }: Messages['failure']): void {
  if (!(here.asks.get(key) instanceof Asking)) return
  const error = errorIn(given)
  if (error instanceof TroupeError) here.asks.fail(key, error)
  else here.asks.close(key, { ok: false, error })
}
