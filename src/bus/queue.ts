import { TroupeError } from '../errors.ts'

/** How many events that subscribers publish may wait for delivery (S1: 10,000). */
const usualQueue = 10_000

/** @throws BusQueueError unless it is a whole number from 1 */
export function queueOf(queue = usualQueue): number {
  if (!Number.isInteger(queue) || queue < 1) throw new BusQueueError(queue)
  return queue
}

/** The option `queue` is no whole number from 1. */
export class BusQueueError extends TroupeError {
  readonly code = 'BUS_QUEUE'
  readonly queue: number
  constructor(queue: number) {
    super(
      `The bus cannot have a queue of ${queue} events: use a whole number from 1, or leave "queue" out for ${usualQueue}.`,
    )
    this.queue = queue
  }
}

/** Subscribers publish more events than the bus can deliver. */
export class BusFullError extends TroupeError {
  readonly code = 'BUS_FULL'
  readonly type: string
  readonly undelivered: number
  constructor(type: string, undelivered: number) {
    super(
      `"${type}" was not published: ${undelivered} events from subscribers wait for delivery already. Let subscribers publish fewer events than they get, or give the runtime a larger "queue".`,
    )
    this.type = type
    this.undelivered = undelivered
  }
}
