import type { Actor } from '../actor/actor.ts'
import type { EffectScope, EffectWork } from '../actor/effect.ts'
import { Enricher } from '../actor/enrichment.ts'
import type { Origin } from '../actor/handled.ts'
import type { Outcome } from '../actor/outside.ts'
import { textOf } from '../errors.ts'
import { trusted } from '../events/event.ts'
import { deepFrozen } from '../events/json.ts'
import { effectCompleted, effectStarted } from '../events/runtime-events.ts'
import { mutableCopyOf, takenOver } from '../values/copy.ts'
import type { Partition } from './partition.ts'

/** For whom it is done, and with what. */
interface Wanted {
  readonly actor: Actor
  readonly input: unknown
  readonly origin: Origin
  readonly attempt?: number
}

/**
 * Runs an effect once all that it stands on is durable and the `onInit` of its agent is over, and tells of its start and its
 * end; the returned function aborts it. One that is no longer wanted before it starts is not told.
 */
export function runEffect(
  partition: Partition,
  key: string,
  { name, run, enrich = {} }: EffectWork,
  { actor, input, origin, attempt = 1 }: Wanted,
  settle: (outcome: Outcome) => void,
): (why?: unknown) => void {
  const { watermark, shared } = partition
  const { address } = actor
  const controller = new AbortController()
  const scope: EffectScope = { key, attempt, signal: controller.signal, now: () => partition.now() }
  const enricher = new Enricher(name, enrich, input, error => partition.reportError('warning', error, address, origin))
  const start = async () => {
    if (controller.signal.aborted) return
    const startedAt = partition.elapsed()
    const started = () => trusted(effectStarted, deepFrozen(enricher.started({ key, name, address, attempt })))
    partition.note(effectStarted.type, started, origin)
    const running = { partition, isOver: false, origin }
    let outcome: Outcome
    shared.running.effects++
    try {
      // The type of an effect's input was checked where it is invoked; between there and here it is only carried.
      const output = await shared.insideEffect.run(running, () => run(mutableCopyOf(input) as never, scope))
      outcome = { ok: true, output: takenOver(`the outcome of "${name}"`, output) }
    } catch (error) {
      outcome = { ok: false, error }
    } finally {
      running.isOver = true
      shared.running.effects--
    }
    settle(outcome)
    const fields = { key, name, address, success: outcome.ok, durationMs: partition.elapsed() - startedAt }
    const told = outcome.ok ? fields : { ...fields, error: textOf(outcome.error) }
    const completed = () => trusted(effectCompleted, deepFrozen(enricher.completed(told, outcome)))
    partition.note(effectCompleted.type, completed, origin)
  }
  watermark.whenDurable(
    () => actor.whenRunning(() => void start()),
    error => settle({ ok: false, error }),
  )
  return why => controller.abort(why)
}
