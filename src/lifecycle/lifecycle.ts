import type { Actor } from '../actor/actor.ts'
import type { Hook } from '../agent/agent.ts'
import { TroupeError, textOf } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'

type What = 'onInit' | 'onDestroy'

/** Milliseconds that a hook may take (S3: 30 seconds for either). */
const hookLimit = 30_000

/** Runs what agents want done before an incarnation handles anything, and after it ended: one after the other. */
export class Lifecycle {
  readonly #partition: Partition
  /** The incarnations that have begun, so that their end is due. */
  readonly #begun = new Set<Actor>()
  readonly #running = new Map<Actor, { readonly over: Promise<unknown>; readonly controller: AbortController }>()

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** An incarnation has started; resolves when it may handle mail, at once if it wants nothing done. @throws HookError, HookTimeoutError */
  begin(actor: Actor): Promise<void> | undefined {
    const { onInit, onDestroy } = actor.agent
    if (!onInit && !onDestroy) return undefined
    this.#begun.add(actor)
    if (onInit) return this.#run(actor, 'onInit', onInit)
    return this.#running.get(actor)?.over.then(() => {})
  }

  /** An incarnation has ended; resolves when what it wants done is done, or has failed, which is reported. */
  end(actor: Actor): Promise<void> | undefined {
    const { onDestroy } = actor.agent
    if (!this.#begun.delete(actor)) return undefined
    this.#running.get(actor)?.controller.abort()
    if (!onDestroy) return undefined
    return this.#run(actor, 'onDestroy', onDestroy).catch((error: unknown) =>
      this.#partition.reportError('warning', error, actor.address),
    )
  }

  #run(actor: Actor, what: What, hook: Hook): Promise<void> {
    const { activity } = this.#partition
    const controller = new AbortController()
    const before = this.#running.get(actor)?.over
    activity.begin()
    const work = this.#callAfter(before, actor, what, hook, controller)
    const over = work
      .catch(() => {})
      .then(() => {
        if (this.#running.get(actor)?.controller === controller) this.#running.delete(actor)
        activity.end()
      })
    this.#running.set(actor, { over, controller })
    return work
  }

  async #callAfter(
    before: Promise<unknown> | undefined,
    { address }: Actor,
    what: What,
    hook: Hook,
    controller: AbortController,
  ): Promise<void> {
    const partition = this.#partition
    const { system, watermark } = partition
    await before
    // Nothing is done for a start that may yet be lost; an end needs no journal.
    if (what === 'onInit') await watermark.reached()
    const running = { partition, isOver: false }
    const scope = { address, signal: controller.signal, now: () => partition.now() }
    const timeout = Promise.withResolvers<never>()
    const cancelTimer = system.timers.after(hookLimit, () => {
      const error = new HookTimeoutError(address, what, hookLimit)
      controller.abort(error)
      timeout.reject(error)
    })
    try {
      await Promise.race([system.insideEffect.run(running, async () => hook(scope)), timeout.promise])
    } catch (error) {
      throw error instanceof HookTimeoutError ? error : new HookError(address, what, error)
    } finally {
      running.isOver = true
      cancelTimer()
    }
  }
}

/** What an agent wants done at its start or end threw. */
export class HookError extends TroupeError {
  readonly code = 'HOOK_FAILED'
  readonly address: Address
  readonly hook: What
  constructor(address: Address, hook: What, cause: unknown) {
    super(`${hook} of "${address}" failed: ${textOf(cause)}. Mend it, or leave it out.`, { cause })
    this.address = address
    this.hook = hook
  }
}

/** What an agent wants done at its start or end took too long. */
export class HookTimeoutError extends TroupeError {
  readonly code = 'HOOK_TIMEOUT'
  readonly address: Address
  readonly hook: What
  readonly timeout: number
  constructor(address: Address, hook: What, timeout: number) {
    super(`${hook} of "${address}" was not over after ${timeout} ms. Do less there, and heed scope.signal.`)
    this.address = address
    this.hook = hook
    this.timeout = timeout
  }
}
