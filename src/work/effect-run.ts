import type { Actor } from '../actor/actor.ts'
import { delayOf } from '../backoff.ts'
import { codeOf, textOf } from '../errors.ts'
import { trusted } from '../events/event.ts'
import { deepFrozen } from '../events/json.ts'
import { effectAttemptFailed, effectCompleted, effectStarted } from '../events/runtime-events.ts'
import { EffectExhaustedError, type EffectScope, EffectTimeoutError, type EffectWork } from '../invoke/effect.ts'
import { Enricher } from '../invoke/enrichment.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import type { RunningEffect } from '../partition/system.ts'
import { mutableCopyOf, takenOver } from '../values/copy.ts'
import { ValueError } from '../values/value.ts'

/** For whom an effect is done, with what, and how far it has come. */
interface Wanted {
  readonly actor: Actor
  readonly input: unknown
  readonly origin: Origin
  /** The number of the attempt that begins, or of the one that failed before the wait. */
  readonly attempt: number
  /** How often it failed. */
  readonly failures?: number | undefined
  /** Milliseconds that are left until it is tried again, if it failed in another process. */
  readonly wait?: number | undefined
}

/**
 * Runs an effect once all that it stands on is durable and the `onInit` of its agent is over, as often as it takes, and tells of
 * each start and of its end; the returned function aborts it. One that is no longer wanted before it starts is not told.
 */
export function runEffect(
  partition: Partition,
  key: string,
  work: EffectWork,
  wanted: Wanted,
  settle: (outcome: Outcome) => void,
): (why?: unknown) => void {
  const run = new EffectRun(partition, key, work, wanted, settle)
  if (wanted.wait === undefined) run.begin()
  else run.wait(wanted.wait)
  return why => run.abort(why)
}

class EffectRun {
  readonly #partition: Partition
  readonly #key: string
  readonly #work: EffectWork
  readonly #wanted: Wanted
  readonly #settle: (outcome: Outcome) => void
  readonly #enricher: Enricher
  #controller: AbortController | undefined
  #attempt: number
  #failures: number
  #isOver = false
  #cancelTimer = () => {}

  constructor(partition: Partition, key: string, work: EffectWork, wanted: Wanted, settle: (outcome: Outcome) => void) {
    const { actor, input, origin, attempt, failures = 0 } = wanted
    this.#partition = partition
    this.#key = key
    this.#work = work
    this.#wanted = wanted
    this.#settle = settle
    this.#attempt = attempt
    this.#failures = failures
    const failed = (error: unknown) => partition.reportError('warning', error, actor.address, origin)
    this.#enricher = new Enricher(work.name, work.enrich ?? {}, input, failed)
  }

  begin(): void {
    const { watermark } = this.#partition
    watermark.whenDurable(
      () => this.#wanted.actor.whenRunning(() => void this.#run()),
      error => this.#settle({ ok: false, error }),
    )
  }

  /** Tries it again after so many milliseconds; that it does is in the journal before it does. */
  wait(ms: number): void {
    this.#cancelTimer = this.#partition.system.timers.after(ms, () => {
      const attempt = ++this.#attempt
      this.#partition.append({ kind: 'outcome' }, [
        { kind: 'retried', seq: this.#partition.nextSeq(), key: this.#key, attempt },
      ])
      this.begin()
    })
  }

  abort(why: unknown): void {
    this.#isOver = true
    this.#cancelTimer()
    this.#controller?.abort(why)
  }

  async #run(): Promise<void> {
    if (this.#isOver) return
    const { origin } = this.#wanted
    const attempt = this.#attempt
    const fields = this.#fields
    const startedAt = this.#partition.elapsed()
    const started = () => trusted(effectStarted, deepFrozen(this.#enricher.started({ ...fields, attempt })))
    this.#partition.note(effectStarted.type, started, origin)
    const outcome = await this.#outcome()
    const durationMs = this.#partition.elapsed() - startedAt
    if (!outcome.ok && this.#isTriedAgain(outcome.error)) return this.#again(outcome.error, durationMs)
    this.#settle(outcome.ok ? outcome : { ok: false, error: this.#last(outcome.error) })
    const ended = { ...fields, success: outcome.ok, durationMs }
    const told = outcome.ok ? ended : { ...ended, error: textOf(outcome.error) }
    const completed = () => trusted(effectCompleted, deepFrozen(this.#enricher.completed(told, outcome)))
    this.#partition.note(effectCompleted.type, completed, origin)
  }

  /** How an attempt ends; it never rejects. */
  async #outcome(): Promise<Outcome> {
    const { timeout, name } = this.#work
    const controller = new AbortController()
    this.#controller = controller
    if (timeout === undefined) return await this.#call(controller.signal)
    const { promise: tooLate, resolve } = Promise.withResolvers<Outcome>()
    this.#cancelTimer = this.#partition.system.timers.after(timeout, () => {
      const error = new EffectTimeoutError(name, this.#key, timeout)
      controller.abort(error)
      resolve({ ok: false, error })
    })
    const outcome = await Promise.race([this.#call(controller.signal), tooLate])
    this.#cancelTimer()
    return outcome
  }

  async #call(signal: AbortSignal): Promise<Outcome> {
    const { name, run } = this.#work
    const { input, origin } = this.#wanted
    const { system } = this.#partition
    const scope: EffectScope = { key: this.#key, attempt: this.#attempt, signal, now: () => this.#partition.now() }
    const running: RunningEffect<Partition> = { partition: this.#partition, isOver: false, origin }
    system.running.effects++
    try {
      // The type of an effect's input was checked where it is invoked; between there and here it is only carried.
      const output = await system.insideEffect.run(running, () => run(mutableCopyOf(input) as never, scope))
      return { ok: true, output: takenOver(`the outcome of "${name}"`, output) }
    } catch (error) {
      return { ok: false, error }
    } finally {
      running.isOver = true
      system.running.effects--
    }
  }

  /** Not where nobody wants it any more, nor where it would return the same again. */
  #isTriedAgain(error: unknown): boolean {
    return this.#failures < this.#work.retries && !this.#isOver && !(error instanceof ValueError)
  }

  /** Records that an attempt failed, before the next one is waited for. */
  #again(error: unknown, durationMs: number): void {
    const partition = this.#partition
    const attempt = this.#attempt
    const wait = delayOf(this.#work.backoff, ++this.#failures, partition.system.random())
    const failure = { code: codeOf(error), error: textOf(error) }
    const entry = { kind: 'tried' as const, seq: partition.nextSeq(), key: this.#key, attempt, ...failure, wait }
    partition.append({ kind: 'outcome' }, [entry])
    const told = { ...this.#fields, attempt, durationMs, ...failure, waitMs: wait }
    partition.note(effectAttemptFailed.type, () => trusted(effectAttemptFailed, told), this.#wanted.origin)
    this.wait(wait)
  }

  /** What its agent hears of, if it was tried again in vain. */
  #last(error: unknown): unknown {
    const isExhausted = this.#failures > 0 && this.#failures >= this.#work.retries && !(error instanceof ValueError)
    return isExhausted ? new EffectExhaustedError(this.#work.name, this.#key, this.#failures + 1, error) : error
  }

  get #fields() {
    return { key: this.#key, name: this.#work.name, address: this.#wanted.actor.address }
  }
}
