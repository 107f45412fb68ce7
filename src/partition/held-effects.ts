import { TroupeError } from '../errors.ts'
import type { Outcome } from '../invoke/outside.ts'
import type { Entry } from '../journal/frame.ts'
import type { Address } from '../mail/address.ts'
import { takenOver } from '../values/copy.ts'

/** An effect or other work that waits for a person, because it is unknown whether it was done. */
export interface HeldEffect {
  /** Names this piece of work for ever. */
  readonly key: string
  readonly name: string
  /** The agent that waits for it. */
  readonly address: Address
  /** How often it was started, as far as known. */
  readonly attempt: number
}

/** Work that waits for a person, and what the answers do. */
interface Held extends HeldEffect {
  readonly partition: {
    append(cause: { readonly kind: 'outside' }, entries: readonly Entry[]): void
    nextSeq(): number
  }
  /** Called when it no longer waits for an answer. */
  answered(): void
  /** Does the work; the returned function aborts it. */
  run(attempt: number): (why?: unknown) => void
  settle(outcome: Outcome): void
}

/**
 * Effects that were under way when a process ended and that have `inDoubt: 'hold'`, and work of other kinds that is held like them.
 * Their agents wait until a person answers.
 *
 * @example
 * for (const { key, name } of runtime.held.list()) console.log(key, name)
 * runtime.held.retry(key) // it was not done: do it
 * runtime.held.succeed(key, { receipt: 'r-17' }) // it was done, and this came out of it
 */
export class HeldEffects {
  readonly #held = new Map<string, Held>()

  /** All waiting work, the oldest first. */
  list(): readonly HeldEffect[] {
    return Array.from(this.#held.values(), ({ key, name, address, attempt }) => ({ key, name, address, attempt }))
  }

  /** The work was not done, or may be done twice: does it, under the same key. @throws NotHeldError */
  retry(key: string): void {
    const { partition, attempt, run } = this.#take(key)
    partition.append({ kind: 'outside' }, [{ kind: 'retried', seq: partition.nextSeq(), key, attempt }])
    run(attempt)
  }

  /** The work was done, and this is its output. @throws NotHeldError, ValueError if a journal cannot give back the output */
  succeed(key: string, output: unknown): void {
    const taken = takenOver(`the outcome of "${this.#at(key).name}"`, output)
    this.#take(key).settle({ ok: true, output: taken })
  }

  /** The work counts as failed. @throws NotHeldError */
  fail(key: string, why: string): void {
    const { name, settle } = this.#take(key)
    settle({ ok: false, error: new EffectGivenUpError(name, key, why) })
  }

  /** Holds work; the returned function is called when its agent no longer wants it. @internal */
  add(held: Held): (why?: unknown) => void {
    let abort: ((why?: unknown) => void) | undefined
    const run = (attempt: number) => (abort = held.run(attempt))
    this.#held.set(held.key, { ...held, run })
    return why => {
      if (this.#held.delete(held.key)) held.answered()
      abort?.(why)
    }
  }

  #at(key: string): Held {
    const held = this.#held.get(key)
    if (!held) throw new NotHeldError(key, [...this.#held.keys()])
    return held
  }

  #take(key: string): Held {
    const held = this.#at(key)
    this.#held.delete(key)
    held.answered()
    return held
  }
}

/** No work with this key waits for an answer. */
export class NotHeldError extends TroupeError {
  readonly code = 'NOT_HELD'
  readonly key: string
  readonly held: readonly string[]
  constructor(key: string, held: readonly string[]) {
    const known = held.length === 0 ? 'none is' : `held are: ${held.join(', ')}`
    super(
      `No work "${key}" is held: it was answered already, or its agent no longer wants it; ${known}. Look at runtime.held.list().`,
    )
    this.key = key
    this.held = held
  }
}

/** A person decided that an effect in doubt, or other held work, counts as failed. */
export class EffectGivenUpError extends TroupeError {
  readonly code = 'EFFECT_GIVEN_UP'
  readonly effect: string
  readonly key: string
  constructor(effect: string, key: string, why: string) {
    super(`"${effect}" (${key}) was given up: ${why}. Handle it in onError.`)
    this.effect = effect
    this.key = key
  }
}
