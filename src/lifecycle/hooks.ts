import type { Actor } from '../actor/actor.ts'
import type { Hook } from '../agent/agent.ts'
import { TroupeError, textOf } from '../errors.ts'
import { LazyMap, LazySet } from '../lazy-maps.ts'
import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'

/** A hook of an agent. */
export type HookName = 'onInit' | 'onDestroy'

/** How long a hook may run, in milliseconds. */
const hookLimit = 30_000

interface RunningHook {
  readonly name: HookName
  readonly hook: Hook
  readonly controller: AbortController
}

/** Runs the hooks of agents: `onInit` before an incarnation handles anything, `onDestroy` after it has ended. Hooks of one agent never overlap. */
export class Hooks {
  readonly #partition: Partition
  /** The agents whose incarnation has started, so that its `onDestroy` is due. */
  readonly #begun = new LazySet<Actor>()
  readonly #running = new LazyMap<Actor, { readonly over: Promise<unknown>; readonly controller: AbortController }>()

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** Runs `onInit` of a started incarnation. Resolves when the incarnation may handle mail. @throws HookError, HookTimeoutError */
  begin(actor: Actor): Promise<void> | undefined {
    const { onInit, onDestroy } = actor.agent
    if (!onInit && !onDestroy) return undefined
    this.#begun.add(actor)
    if (onInit) return this.#run(actor, 'onInit', onInit)
    return this.#running.get(actor)?.over.then(() => {})
  }

  /** Runs `onDestroy` of an ended incarnation, and reports if it fails. Resolves when it is over. */
  end(actor: Actor): Promise<void> | undefined {
    const { onDestroy } = actor.agent
    if (!this.#begun.delete(actor)) return undefined
    this.#running.get(actor)?.controller.abort()
    if (!onDestroy) return undefined
    return this.#run(actor, 'onDestroy', onDestroy).catch((error: unknown) =>
      this.#partition.reportError('warning', error, actor.address),
    )
  }

  #run(actor: Actor, name: HookName, hook: Hook): Promise<void> {
    const { activity } = this.#partition
    const controller = new AbortController()
    const before = this.#running.get(actor)?.over
    activity.begin()
    const work = this.#callAfter(before, actor, { name, hook, controller })
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
    { name, hook, controller }: RunningHook,
  ): Promise<void> {
    const partition = this.#partition
    const { system, watermark } = partition
    await before
    // A start that is not durable may be lost. An end needs no journal.
    if (name === 'onInit') await watermark.reached()
    const running = { partition, isOver: false }
    const scope = { address, signal: controller.signal, now: () => partition.frames.now() }
    const timeout = Promise.withResolvers<never>()
    const cancelTimer = system.timers.after(hookLimit, () => {
      const error = new HookTimeoutError(address, name, hookLimit)
      controller.abort(error)
      timeout.reject(error)
    })
    try {
      await Promise.race([system.insideEffect.run(running, async () => hook(scope)), timeout.promise])
    } catch (error) {
      throw error instanceof HookTimeoutError ? error : new HookError(address, name, error)
    } finally {
      running.isOver = true
      cancelTimer()
    }
  }
}

/** A hook of an agent (`onInit` or `onDestroy`) threw. */
export class HookError extends TroupeError {
  readonly code = 'HOOK_FAILED'
  readonly address: Address
  readonly hook: HookName
  constructor(address: Address, hook: HookName, cause: unknown) {
    super(`${hook} of "${address}" failed: ${textOf(cause)}. Fix it, or leave it out.`, { cause })
    this.address = address
    this.hook = hook
  }
}

/** A hook of an agent (`onInit` or `onDestroy`) took too long. */
export class HookTimeoutError extends TroupeError {
  readonly code = 'HOOK_TIMEOUT'
  readonly address: Address
  readonly hook: HookName
  readonly timeout: number
  constructor(address: Address, hook: HookName, timeout: number) {
    super(
      `${hook} of "${address}" still ran after ${timeout} ms. Do less there, and stop when scope.signal is aborted.`,
    )
    this.address = address
    this.hook = hook
    this.timeout = timeout
  }
}
