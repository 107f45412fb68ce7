import { TroupeError } from '../errors.ts'
import type { Callers, Status } from '../partition/system.ts'
import { ReplayMutedError } from '../readers/replay.ts'

/** Where a runtime is in its life. */
export type RuntimeState = 'created' | 'running' | 'stopping' | 'stopped'

/** What the runtime is doing, and whether it takes work. */
export class RuntimeStatus implements Status {
  state: RuntimeState = 'created'
  readonly #callers: Pick<Callers<unknown>, 'running' | 'replaying'>
  readonly #ending = new AbortController()

  constructor(callers: Pick<Callers<unknown>, 'running' | 'replaying'>) {
    this.#callers = callers
  }

  get stopping(): AbortSignal {
    return this.#ending.signal
  }

  /** Ends what listens to `stopping`. */
  abort(reason: RuntimeStateError): void {
    this.#ending.abort(reason)
  }

  isRunning(): boolean {
    return this.state === 'running'
  }

  checkRunning(): void {
    if (this.state !== 'running') throw new RuntimeStateError('take work', this.state)
    this.checkLive()
  }

  checkLive(): void {
    const { running, replaying } = this.#callers
    const muted = running.hasReplayed ? replaying.getStore() : undefined
    if (!muted) return
    muted.muted++
    throw new ReplayMutedError()
  }
}

/** The runtime was asked for something that it does not do in the state that it is in. */
export class RuntimeStateError extends TroupeError {
  readonly code = 'RUNTIME_STATE'
  readonly status: RuntimeState
  constructor(what: string, status: RuntimeState) {
    super(
      `The runtime cannot ${what}: it is ${status}. Start it once with runtime.start(), and make a new one after stop().`,
    )
    this.status = status
  }
}
