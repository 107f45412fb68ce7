import { backoffDelay } from '../backoff.ts'
import { codeOf, textOf } from '../errors.ts'
import { trusted } from '../events/event.ts'
import { deepFrozen } from '../events/json.ts'
import { effectAttemptFailed, effectCompleted, effectStarted } from '../events/runtime-events.ts'
import type { OpenSpan } from '../following.ts'
import { EffectExhaustedError, type EffectScope, EffectTimeoutError, type EffectWork } from '../invoke/effect.ts'
import { Enricher } from '../invoke/enrichment.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { RunningEffect } from '../partition/system.ts'
import { mutableCopyOf, takenOver } from '../values/copy.ts'
import { ValueError } from '../values/value.ts'
import type { Cancel, WorkScope } from './kind.ts'

/**
 * Runs an effect as often as it takes, and notes each start and its end for whoever listens; the returned function aborts it. An
 * effect that is no longer wanted before it starts is not noted.
 */
export function runEffect(work: EffectWork, scope: WorkScope): Cancel {
  const run = new EffectRun(work, scope)
  const { due } = scope.standing ?? {}
  if (due === undefined) run.begin()
  // What is left of the wait after a failure in another process.
  else run.wait(due - (scope.recalled?.date ?? due))
  return why => run.abort(why)
}

class EffectRun {
  readonly #partition: Partition
  readonly #work: EffectWork
  readonly #scope: WorkScope
  readonly #enricher: Enricher
  #controller: AbortController | undefined
  /** The number of the attempt that begins, or of the attempt that failed before the wait. */
  #attempt: number
  #failures: number
  #isOver = false
  #origin: Origin
  #span: OpenSpan | undefined
  #cancelTimer = () => {}

  constructor(work: EffectWork, scope: WorkScope) {
    const { actor, input, origin, partition, standing } = scope
    this.#partition = partition
    this.#work = work
    this.#scope = scope
    this.#origin = origin
    this.#attempt = standing?.attempt ?? 1
    this.#failures = standing?.failures ?? 0
    const failed = (error: unknown) => partition.reportError('warning', error, actor.address, origin)
    this.#enricher = new Enricher(work.name, work.enrich ?? {}, input, failed)
  }

  begin(): void {
    this.#scope.whenReady(() => void this.#run())
  }

  /** Tries it again after so many milliseconds; the journal holds that before the attempt starts. */
  wait(ms: number): void {
    this.#cancelTimer = this.#partition.system.timers.after(ms, () => {
      const attempt = ++this.#attempt
      this.#partition.append({ kind: 'outcome' }, [
        { kind: 'retried', seq: this.#partition.nextSeq(), key: this.#scope.key, attempt },
      ])
      this.begin()
    })
  }

  abort(why: unknown): void {
    this.#isOver = true
    this.#cancelTimer()
    this.#controller?.abort(why)
    this.#span?.cancel()
  }

  async #run(): Promise<void> {
    if (this.#isOver) return
    const attempt = this.#attempt
    const span = this.#follow(attempt)
    const origin = this.#origin
    const fields = this.#fields
    const startedAt = this.#partition.elapsed()
    const started = () => trusted(effectStarted, deepFrozen(this.#enricher.started({ ...fields, attempt })))
    this.#partition.reportIfHeard(effectStarted.type, started, origin)
    const outcome = await this.#outcome()
    span?.close(outcome)
    const durationMs = this.#partition.elapsed() - startedAt
    if (!outcome.ok && this.#isTriedAgain(outcome.error)) return this.#again(outcome.error, durationMs)
    this.#scope.settle(outcome.ok ? outcome : { ok: false, error: this.#last(outcome.error) }, span?.trace)
    const ended = { ...fields, success: outcome.ok, durationMs }
    const fieldsAtEnd = outcome.ok ? ended : { ...ended, error: textOf(outcome.error) }
    const completed = () => trusted(effectCompleted, deepFrozen(this.#enricher.completed(fieldsAtEnd, outcome)))
    this.#partition.reportIfHeard(effectCompleted.type, completed, origin)
  }

  /** Begins the span of an attempt; everything that the attempt leads to belongs to it. */
  #follow(attempt: number): OpenSpan | undefined {
    const span = this.#scope.follow(attempt)
    this.#span = span
    if (span) this.#origin = { ...this.#scope.origin, trace: span.trace }
    return span
  }

  /** How an attempt ends; it never rejects. */
  async #outcome(): Promise<Outcome> {
    const { timeout, name } = this.#work
    const controller = new AbortController()
    this.#controller = controller
    if (timeout === undefined) return await this.#call(controller.signal)
    const { promise: tooLate, resolve } = Promise.withResolvers<Outcome>()
    this.#cancelTimer = this.#partition.system.timers.after(timeout, () => {
      const error = new EffectTimeoutError(name, this.#scope.key, timeout)
      controller.abort(error)
      resolve({ ok: false, error })
    })
    const outcome = await Promise.race([this.#call(controller.signal), tooLate])
    this.#cancelTimer()
    return outcome
  }

  async #call(signal: AbortSignal): Promise<Outcome> {
    const { name } = this.#work
    const { input } = this.#scope
    const { system } = this.#partition
    const scope: EffectScope = {
      key: this.#scope.key,
      attempt: this.#attempt,
      signal,
      now: () => this.#partition.frames.now(),
    }
    const running: RunningEffect<Partition> = { partition: this.#partition, isOver: false, origin: this.#origin }
    system.running.effects++
    try {
      const run = system.effects?.(name) ?? this.#work.run
      // The type of an effect's input was checked where it is invoked; between there and here it is only carried.
      const call = () => system.insideEffect.run(running, () => run(mutableCopyOf(input) as never, scope))
      const output = await (this.#span ? this.#span.run(call) : call())
      return { ok: true, output: takenOver(`the outcome of "${name}"`, output) }
    } catch (error) {
      return { ok: false, error }
    } finally {
      running.isOver = true
      system.running.effects--
    }
  }

  /** Whether another attempt follows: not if the agent no longer wants it, nor if the effect would return the same again. */
  #isTriedAgain(error: unknown): boolean {
    return this.#failures < this.#work.retries && !this.#isOver && !(error instanceof ValueError)
  }

  /** Records that an attempt failed, before the next one is waited for. */
  #again(error: unknown, durationMs: number): void {
    const partition = this.#partition
    const attempt = this.#attempt
    const wait = backoffDelay(this.#work.backoff, ++this.#failures, partition.system.random())
    const failure = { code: codeOf(error), error: textOf(error) }
    const entry = { kind: 'tried' as const, seq: partition.nextSeq(), key: this.#scope.key, attempt, ...failure, wait }
    partition.append({ kind: 'outcome' }, [entry])
    const failed = { ...this.#fields, attempt, durationMs, ...failure, waitMs: wait }
    partition.reportIfHeard(effectAttemptFailed.type, () => trusted(effectAttemptFailed, failed), this.#origin)
    this.wait(wait)
  }

  /** The error that its agent gets: `EFFECT_EXHAUSTED` if it was tried again in vain. */
  #last(error: unknown): unknown {
    const isExhausted = this.#failures > 0 && this.#failures >= this.#work.retries && !(error instanceof ValueError)
    return isExhausted ? new EffectExhaustedError(this.#work.name, this.#scope.key, this.#failures + 1, error) : error
  }

  get #fields() {
    return { key: this.#scope.key, name: this.#work.name, address: this.#scope.actor.address }
  }
}
