import { systemStopped, systemStopping } from '../events/runtime-events.ts'
import type { Kinds } from '../kinds/kinds.ts'
import type { Rest } from '../kinds/rest.ts'
import type { Log } from '../log.ts'
import { runtimePartition } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { WaitInsideError } from '../partition/activity.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { Cleanup } from './cleanup.ts'
import type { Handling } from './handling.ts'
import type { Outside } from './outside.ts'
import type { Pulse } from './pulse.ts'
import { RuntimeStateError, type RuntimeStatus } from './status.ts'

/** How a runtime stops. */
export interface StopOptions {
  /** Milliseconds that unfinished work may still take; 30,000 by default. */
  readonly timeout?: number
}

/** What has to end. */
interface Running {
  readonly status: RuntimeStatus
  readonly system: System<Partition>
  readonly outside: Outside
  readonly kinds: Kinds
  readonly handling: Handling
  readonly recovery: Recovery
  readonly rest: Rest
  readonly owned: { close(): Promise<void> }
  readonly durable: DurableSubscriptions
  readonly pulse: Pulse
  readonly cleanup: Cleanup
  readonly log: Log
}

const stopOptions: OptionNames<StopOptions> = { timeout: true }

/** Milliseconds that a journal may take for the last frames when the caller waits for nothing else. */
const closingLimit = 1_000

/** How a runtime ends, once and in order. */
export class Shutdown {
  readonly #running: Running
  #over: Promise<void> | undefined
  /** Resolves when a second call wants the runtime to stop sooner. */
  readonly #hurried = Promise.withResolvers<undefined>()

  constructor(running: Running) {
    this.#running = running
  }

  /** Stops the runtime. A second call meanwhile can only shorten the time limit. @throws ReplayMutedError, WaitInsideError */
  async stop(options: StopOptions): Promise<void> {
    const { status, system } = this.#running
    status.checkLive()
    checkOptionNames('runtime.stop', options, stopOptions)
    const effect = system.insideEffect.getStore()
    if (system.bus.handling || (effect && !effect.isOver)) throw new WaitInsideError(runtimePartition, 'stop')
    if (status.state === 'stopping') this.#hurry(options)
    return this.begin(options)
  }

  /** Stops the runtime without waiting for that. */
  begin(options: StopOptions = {}): Promise<void> {
    this.#over ??= this.#stop(options)
    return this.#over
  }

  async #stop({ timeout = 30_000 }: StopOptions): Promise<void> {
    const { outside, kinds, recovery, handling, system } = this.#running
    // 1. Takes no new work.
    this.#refuse()
    // 2. Waits for the work that has begun. The journal keeps what is left of it, and another runtime goes on with it.
    const drained = await this.#drained(timeout)
    const limit = timeout === 0 ? closingLimit : timeout
    recovery.leave()
    for (const partition of system.partitions()) partition.frames.suspend()
    // 3. Stops the parties, and the partitions of other kinds.
    await this.#within(limit, kinds.stopAll())
    // 4. Stops the agents outside them, and the handlers.
    outside.crew.end('stopped', new RuntimeStateError('take work', 'stopped'))
    await this.#within(limit, outside.crew.closed())
    handling.stopAll()
    this.#announce(drained)
    // 5. Closes the bus, the journal and the timers.
    if (timeout > 0) await this.#within(limit, system.bus.drained())
    await this.#close(limit)
  }

  #refuse(): void {
    const { status, system, outside } = this.#running
    status.state = 'stopping'
    const refusal = new RuntimeStateError('take work', 'stopping')
    system.rateLimits.close(refusal)
    status.abort(refusal)
    outside.partition.report(systemStopping({}))
  }

  #drained(timeout: number): Promise<boolean> | boolean {
    const { rest } = this.#running
    return timeout === 0 ? rest.isQuiet : rest.drained(timeout, this.#hurried.promise)
  }

  #announce(drained: boolean): void {
    const { status, outside, log } = this.#running
    outside.partition.report(systemStopped({ drained }), undefined, 'now')
    log.info('The runtime has stopped.', { drained })
    status.state = 'stopped'
  }

  async #close(limit: number): Promise<void> {
    const { system, durable, pulse, cleanup, owned } = this.#running
    system.bus.close()
    await this.#within(limit, durable.kept())
    await this.#within(limit, system.snapshots.end())
    await this.#within(limit, system.journal.close())
    if (system.links) await this.#within(limit, system.links.close())
    await this.#within(limit, owned.close())
    pulse.end()
    cleanup.end()
    system.timers.clear()
  }

  #hurry({ timeout = 30_000 }: StopOptions): void {
    if (timeout === 0) this.#hurried.resolve(undefined)
    else this.#running.system.timers.after(timeout, () => this.#hurried.resolve(undefined))
  }

  /** Waits for something that a journal may never finish, but not longer than a limit in milliseconds. */
  async #within(limit: number, work: Promise<unknown>): Promise<void> {
    const { system, outside } = this.#running
    let cancel = () => {}
    const over = new Promise<void>(resolve => {
      cancel = system.timers.after(limit, resolve)
      void this.#hurried.promise.then(() => system.timers.after(Math.min(limit, closingLimit), resolve))
    })
    await Promise.race([work.catch((error: unknown) => outside.partition.reportError('error', error)), over])
    cancel()
  }
}
