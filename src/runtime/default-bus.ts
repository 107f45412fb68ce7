import { TroupeError } from '../errors.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import type { RuntimeBus } from './runtime-bus.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import type { StopOptions } from './shutdown.ts'

// One runtime for the whole process, for programs that want that. Troupe itself never uses it.
let runtime: Pick<Runtime, 'bus' | 'stop'> | undefined

/**
 * Starts the one bus of this process, which `getBus` then gives everywhere.
 *
 * @example
 * await initBus({ events: [taskCompleted] })
 * getBus().subscribe(taskCompleted, ({ data }) => console.log(data.taskId))
 * await getBus().publish(taskCompleted({ taskId: 'book-venue' }))
 * await closeBus()
 *
 * @param options the options of `createRuntime`; `events` lists the events that may be published
 * @throws DefaultBusError if there is one already, and what `createRuntime` and `start` throw
 */
export async function initBus<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
>(options: RuntimeOptions<S, A, R> = {}): Promise<RuntimeBus> {
  if (runtime) throw new DefaultBusError('is there already', 'Use getBus(), or end it first with closeBus().')
  const starting = createRuntime(options)
  runtime = starting
  try {
    await starting.start()
  } catch (error) {
    // Another runtime may have been started meanwhile.
    if (runtime === starting) runtime = undefined
    throw error
  }
  return starting.bus
}

/**
 * The one bus of this process.
 *
 * @example
 * getBus().subscribe(taskCompleted, ({ data }) => console.log(data.taskId))
 *
 * @throws DefaultBusError if there is none
 */
export function getBus(): RuntimeBus {
  if (!runtime) throw new DefaultBusError('is not there', 'Start it first with await initBus({ events: [...] }).')
  return runtime.bus
}

/**
 * Ends the one bus of this process, if there is one, once unfinished work has ended; see `runtime.stop`.
 *
 * @example
 * await closeBus({ timeout: 5_000 })
 */
export async function closeBus(options?: StopOptions): Promise<void> {
  const closing = runtime
  // Another runtime may be started at once.
  runtime = undefined
  try {
    await closing?.stop(options)
  } catch (error) {
    runtime ??= closing
    throw error
  }
}

/** The bus of this process was started twice, or is not started. */
export class DefaultBusError extends TroupeError {
  readonly code = 'DEFAULT_BUS'
  constructor(what: string, wanted: string) {
    super(`The bus of this process ${what}. ${wanted}`)
  }
}
