import { TroupeError } from '../errors.ts'
import { deepFrozen } from '../events/json.ts'
import { frozenEnvelope } from '../mail/envelope.ts'
import { reject } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import type { Links } from '../transport/links.ts'
import type { Message, Messages } from '../transport/message.ts'
import { UnknownMessageError } from '../transport/transport.ts'
import { AskFromElsewhere, buryAnswer } from './ask-from-elsewhere.ts'
import { Asking, type Callee } from './asking.ts'
import { calleeOf } from './callee.ts'
import { errorData, errorIn } from './outcomes.ts'

/** Takes a message that another partition has sent to this one. */
export function arrive(here: Partition, links: Links, message: Message): void {
  try {
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
      default:
        throw new UnknownMessageError(message)
    }
  } catch (error) {
    here.reportError('error', error)
  }
}

function asked(here: Partition, links: Links, message: Messages['ask']): void {
  const { ask: key, from, request: type, to, again } = message
  if (here.asks.get(key)) return
  const data = deepFrozen(message.data)
  let callee: Callee
  try {
    callee = calleeOf(here, { type, data, ask: key }, to)
  } catch (error) {
    reject(here.system.tally)
    return links.send(from, { type: 'failure', ask: key, error: errorData(error) }, () => {})
  }
  const ask = new AskFromElsewhere(here, links, { ...message, data }, callee)
  here.asks.open(ask, again?.takenBy)
  if (!again) ask.send()
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
