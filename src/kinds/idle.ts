import { invokedIn } from '../actor/inside.ts'
import type { Crew } from '../lifecycle/crew.ts'
import { partitionIn } from '../mail/envelope.ts'
import type { OptionNames } from '../options.ts'
import {
  type Idle,
  IdleLongError,
  IdleTimeoutError,
  type UnderWay,
  WaitInsideError,
  type WaitingFor,
} from '../partition/activity.ts'
import type { Partition } from '../partition/partition.ts'

/** How long to wait for rest. */
export interface IdleOptions {
  /** Milliseconds; 60,000 by default. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

export const idleOptions: OptionNames<IdleOptions> = { timeout: true, signal: true }

/** Waits until a partition is at rest: nothing pending but timers, and everything durable. */
export async function idle(partition: Partition, crew: Crew, options: IdleOptions = {}): Promise<Idle> {
  const { timeout = 60_000, signal } = options
  const { activity, watermark, address } = partition
  if (isInside(partition)) throw new WaitInsideError(address, 'idle')
  signal?.throwIfAborted()
  if (watermark.failure) throw watermark.failure
  const end = partition.elapsed() + timeout
  const newest = crew.timers.count
  // Due timers fire first: after a restart, some may be due that the clock has not fired yet.
  do {
    awaitArrivals(partition)
    if (!activity.quiet && !crew.stopped) await quiet(partition, Math.max(0, end - partition.elapsed()), signal)
  } while (!crew.stopped && (crew.timers.fireDue(newest) || !isQuiet(partition)))
  if (crew.stopped) await watermark.reached()
  if (crew.stopped) return { reason: 'stopped', waitingFor: [] }
  const waitingFor = [
    ...crew.timers.pending(),
    ...waitingMail(partition),
    ...scheduled(partition),
    ...heldEffects(partition),
    ...leftAlone(partition, crew),
  ]
  return { reason: waitingFor.length === 0 ? 'settled' : 'waiting', waitingFor }
}

/** Whether nothing is pending in a partition, and no message is on its way to it. */
export function isQuiet({ activity, system, address }: Partition): boolean {
  return activity.quiet && !system.links?.isUnderWay(address)
}

/** Counts the messages that are on their way to a partition as something that goes on in it. */
function awaitArrivals({ activity, system, address }: Partition): void {
  const { links, timers } = system
  if (!links?.isUnderWay(address)) return
  activity.begin()
  links.expect(address, timers, () => activity.end())
}

/** Milliseconds of waiting after which a warning says what the party waits for. */
const long = 10_000

/** Waits until nothing is pending. It uses one timer at a time. */
function quiet(partition: Partition, timeout: number, signal: AbortSignal | undefined): Promise<void> {
  const { activity, system, address } = partition
  return new Promise((resolve, reject) => {
    const over = () => {
      cancelTimer()
      forget()
      signal?.removeEventListener('abort', aborted)
    }
    const aborted = () => {
      over()
      reject(signal?.reason)
    }
    const forget = activity.whenQuiet({
      resolve: () => {
        over()
        resolve()
      },
      reject: error => {
        over()
        reject(error)
      },
    })
    const late = () => {
      over()
      reject(new IdleTimeoutError(address, timeout, [...underWay(partition)]))
    }
    const isLong = timeout > long && !system.isRestless
    let cancelTimer = system.timers.after(isLong ? long : timeout, () => {
      if (!isLong) return late()
      cancelTimer = system.timers.after(timeout - long, late)
      if (!system.isRestless)
        partition.reportError('warning', new IdleLongError(address, long, [...underWay(partition)]))
      system.isRestless = true
    })
    signal?.addEventListener('abort', aborted, { once: true })
  })
}

/** The work that the agents of a partition have invoked. */
function* underWay({ registry }: Partition): Iterable<UnderWay> {
  for (const actor of registry) for (const name of invokedIn(actor.ref)) yield { agent: actor.address, name }
}

function* heldEffects({ address, system }: Partition): Iterable<WaitingFor> {
  for (const { address: agent, name } of system.held.list())
    if (agent.startsWith(`${address}/`)) yield { agent, what: 'answer', name }
}

function* scheduled({ address, system }: Partition): Iterable<WaitingFor> {
  for (const name of system.scheduled(address)) yield { agent: address, what: 'schedule', name }
}

function* waitingMail(partition: Partition): Iterable<WaitingFor> {
  for (const { inbox, address } of partition.registry) {
    const [oldest] = inbox.waiting === 0 ? [] : (inbox.used ?? [])
    if (oldest) yield { agent: address, what: 'mail', name: oldest.type }
  }
}

function* leftAlone({ address }: Partition, crew: Crew): Iterable<WaitingFor> {
  for (const name of crew.restoring.savedAtWork()) yield { agent: `${address}/${name}`, what: 'spawn', name }
}

/** Whether an effect or subscriber of this partition calls: it would wait for itself. */
function isInside({ system, address }: Partition): boolean {
  const effect = system.insideEffect.getStore()
  if (effect && !effect.isOver && effect.partition.address === address) return true
  const { handling } = system.bus
  return handling !== undefined && partitionIn(handling) === address
}
