import { type Clock, type EffectFunction, type EffectLogic, type EffectScope, TroupeError } from '../index.ts'
import { type Duration, millisecondsOf } from './duration.ts'
import { Joined, type StandIn, type StandInPlace } from './stand-in.ts'

/** One call of a scripted effect. */
export interface ScriptedCall<I> {
  readonly input: I
  /** The idempotency key: the same for all attempts at one piece of work, also after a crash. */
  readonly key: string
  /** Counted from 1. */
  readonly attempt: number
}

/** How long a result of a script takes. */
export interface ScriptedTime {
  /** How long the effect takes, on the clock of the test; no time by default. */
  readonly after?: Duration
}

/** What one call of the effect leads to. */
type Result<O> = { readonly ms: number } & ({ readonly output: O } | { readonly error: unknown })

/**
 * Replaces the function of an effect in a test: each call gets the next result of the script. A call after the last result fails,
 * and so does the next `settle`, `pass` or `expect` of the test, with `SCRIPT_OVER`.
 *
 * @example
 * const trains = script(searchTrains).fails(new Error('no network')).returns('the night train', { after: '2 s' })
 * const test = await createTestRuntime({ party: trip, standIns: [trains] })
 * await test.runtime.parties.create({ inputs: ['Oslo'] })
 * await test.pass('1 min')
 * console.log(trains.calls[0].input, trains.calls[0].key)
 *
 * @param effect the effect, whose types the script has; or its name, for effects that are declared inside a machine
 */
export function script<I = unknown, O = unknown>(effect: string | EffectLogic<I, O>): Script<I, O> {
  return new Script<I, O>(typeof effect === 'string' ? effect : effect.name)
}

/** The results of an effect in a test, in order. A crash of the process does not set it back. */
export class Script<I, O> implements StandIn {
  /** The name of the effect. */
  readonly name: string
  readonly standsFor: string
  readonly #joined: Joined
  readonly #calls: ScriptedCall<I>[] = []
  readonly #results: Result<O>[] = []
  #otherwise: EffectFunction<I, O> | undefined

  constructor(name: string) {
    this.name = name
    this.standsFor = `the effect "${name}"`
    this.#joined = new Joined(`script of the effect "${name}"`)
  }

  /** What the effect was called with so far, in all processes. */
  get calls(): readonly ScriptedCall<I>[] {
    return this.#calls
  }

  /** The next call gives this output. @throws DurationError */
  returns(output: O, { after = 0 }: ScriptedTime = {}): this {
    this.#results.push({ output, ms: millisecondsOf(after) })
    return this
  }

  /** The next call fails with this error. @throws DurationError */
  fails(error: unknown, { after = 0 }: ScriptedTime = {}): this {
    this.#results.push({ error, ms: millisecondsOf(after) })
    return this
  }

  /** The next call never ends by itself: its `timeout` ends it, or a crash, or its agent, which no longer wants it. */
  hangs(): this {
    this.#results.push({ error: undefined, ms: Number.POSITIVE_INFINITY })
    return this
  }

  /** All calls after the last result go to this function. */
  otherwise(run: EffectFunction<I, O>): this {
    this.#otherwise = run
    return this
  }

  join(place: StandInPlace): void {
    this.#joined.join(place)
  }

  effectFor(name: string): EffectFunction<unknown, unknown> | undefined {
    // The types of an effect are checked where it is invoked.
    return name === this.name ? (input, scope) => this.#call(input as I, scope) : undefined
  }

  async #call(input: I, scope: EffectScope): Promise<O> {
    const { key, attempt, signal } = scope
    const result = this.#results[this.#calls.length]
    this.#calls.push({ input, key, attempt })
    const { place } = this.#joined
    if (result) {
      if (result.ms > 0) await passed(place.clock, result.ms, signal)
      if ('output' in result) return result.output
      throw result.error
    }
    if (this.#otherwise) return await this.#otherwise(input, scope)
    const over = new ScriptOverError(this.name, this.#results.length, key)
    place.fail(over)
    throw over
  }
}

/** Resolves when time has passed on the clock of the test; rejects when the effect is aborted. */
function passed(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = clock.after(ms, resolve)
  const abort = () => {
    cancel()
    reject(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  return promise
}

/** An effect was called more often than its script has results. */
export class ScriptOverError extends TroupeError {
  readonly code = 'SCRIPT_OVER'
  readonly effect: string
  /** How many results the script has. */
  readonly results: number
  /** The idempotency key of the call. */
  readonly key: string
  constructor(effect: string, results: number, key: string) {
    super(
      `The effect "${effect}" was called (${key}) after the last of the ${results} results of its script. Add another one with returns, fails or hangs, or say with otherwise what all further calls get.`,
    )
    this.effect = effect
    this.results = results
    this.key = key
  }
}
