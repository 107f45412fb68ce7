import { inspect } from 'node:util'
import type * as z from 'zod'
import { type Address, type Definition, type EventDefinition, type RequestDefinition, TroupeError } from '../index.ts'
import { matches } from './matches.ts'

/** An event that a probe was sent. */
export interface ProbedEvent<D = unknown> {
  readonly type: string
  readonly data: D
  /** The address of the stand-in that was sent it. */
  readonly at: Address
}

/** A request that a probe was sent. Until the test answers it, its asker waits, and its deadline runs on the clock of the test. */
export interface ProbedRequest<I = unknown, O = unknown, R = unknown> extends ProbedEvent<I> {
  /**
   * Answers it, and settles the runtime.
   *
   * @throws EventPayloadError; ProbeGoneError if its process has ended and the asker asks again; ProbeAnsweredError if the probe of a
   *   handler has answered it; TestCrashedError if the process ends before the answer is there
   */
  reply(output: O): Promise<void>
  /** Refuses it with a code and a message, and settles the runtime. @throws what `reply` throws */
  refuse(refusal: R): Promise<void>
  /**
   * Fails on it, and settles the runtime: a handler throws; an agent fails as a whole, with all requests that it has in hand.
   *
   * @throws ProbeGoneError, ProbeAnsweredError; TestCrashedError if the process ends before it has failed
   */
  fail(error: unknown): Promise<void>
}

/** What a probe was sent, by its definition. */
export type ProbedOf<D extends Definition> =
  D extends RequestDefinition<string, infer I, infer O, infer R>
    ? ProbedRequest<z.output<I>, z.input<O>, z.input<R>>
    : D extends EventDefinition<string, infer S>
      ? ProbedEvent<z.output<S>>
      : never

/** The payload that a probe expects, by its definition. */
export type ProbedDataOf<D extends Definition> = ProbedOf<D>['data']

/** Something that a probe was sent, under a key that stays the same through crashes. */
export interface Keyed {
  readonly key: string
  readonly type: string
  readonly data: unknown
  readonly at: Address
}

/** What a probe was sent, and what of it the test has expected. */
export class Expected {
  readonly #of: string
  readonly #taken = new Set<string>()

  /** @param of names the probe in errors */
  constructor(of: string) {
    this.#of = of
  }

  /** Takes the first one of a type that was not taken yet. @throws NotReceivedError */
  take<K extends Keyed>(all: readonly K[], type: string, data: readonly unknown[]): K {
    const left = this.#left(all)
    const found = left.find(one => one.type === type && data.every(expected => matches(expected, one.data)))
    if (!found) throw new NotReceivedError(this.#of, wordsOf({ type, data: data[0] }), left.map(wordsOf), all.length)
    this.#taken.add(found.key)
    return found
  }

  /** @throws UnexpectedError if anything is left that was not taken */
  checkNone(all: readonly Keyed[]): void {
    const left = this.#left(all)
    if (left.length > 0) throw new UnexpectedError(this.#of, left.map(wordsOf))
  }

  #left<K extends Keyed>(all: readonly K[]): readonly K[] {
    return all.filter(({ key }) => !this.#taken.has(key))
  }
}

function wordsOf({ type, data }: Pick<Keyed, 'type' | 'data'>): string {
  return data === undefined ? `"${type}"` : `"${type}" with ${inspect(data, { breakLength: Number.POSITIVE_INFINITY })}`
}

/** A probe was not sent what the test expects. */
export class NotReceivedError extends TroupeError {
  readonly code = 'PROBE_NOT_RECEIVED'
  readonly probe: string
  /** What came and was not expected yet. */
  readonly instead: readonly string[]
  constructor(probe: string, expected: string, instead: readonly string[], count: number) {
    const before = count - instead.length
    const known = before > 0 ? ` (and ${before} that the test has expected before)` : ''
    const came = instead.length === 0 ? `nothing else${known}` : `instead: ${instead.join('; ')}${known}`
    super(
      `The probe "${probe}" was not sent ${expected}. It was sent ${came}. Expect what came, or let time pass with test.pass(...) if a timer has to fire first.`,
    )
    this.probe = probe
    this.instead = instead
  }
}

/** A probe was sent something although the test expects nothing. */
export class UnexpectedError extends TroupeError {
  readonly code = 'PROBE_UNEXPECTED'
  readonly probe: string
  readonly received: readonly string[]
  constructor(probe: string, received: readonly string[]) {
    super(
      `The probe "${probe}" was sent what the test did not expect: ${received.join('; ')}. Expect it with expect(...) before, or find out what sends it.`,
    )
    this.probe = probe
    this.received = received
  }
}

/** A request was answered after its process had ended. */
export class ProbeGoneError extends TroupeError {
  readonly code = 'PROBE_GONE'
  readonly probe: string
  constructor(probe: string) {
    super(
      `The process that sent the probe "${probe}" this request has ended. Expect the request again: its asker asks again in the next process.`,
    )
    this.probe = probe
  }
}

/** A handler's probe has answered a request already, and a second answer would reach nobody. */
export class ProbeAnsweredError extends TroupeError {
  readonly code = 'PROBE_ANSWERED'
  readonly probe: string
  constructor(probe: string) {
    super(
      `The probe "${probe}" has answered this request already, so that a second answer reaches nobody. Answer it once, or expect the next request.`,
    )
    this.probe = probe
  }
}

/** A probe was used with an event or request that what it stands for does not hear or say. */
export class ProbeDefinitionError extends TroupeError {
  readonly code = 'PROBE_DEFINITION'
  readonly probe: string
  readonly type: string
  constructor(probe: string, list: 'hears' | 'says', type: string, known: readonly string[]) {
    super(
      `The probe "${probe}" stands for something that ${list} no "${type}". It ${list}: ${known.join(', ') || 'nothing'}. Use one of these, or add "${type}" to the agent.`,
    )
    this.probe = probe
    this.type = type
  }
}

/** No stand-in of a probe has started, or it is not clear which one is to do something. */
export class ProbePlaceError extends TroupeError {
  readonly code = 'PROBE_PLACE'
  readonly probe: string
  readonly addresses: readonly Address[]
  constructor(probe: string, addresses: readonly Address[]) {
    super(
      addresses.length === 0
        ? `No agent "${probe}" has started, so that its probe is sent nothing and says nothing. Create its party first, or spawn probe.agent.`
        : `The probe "${probe}" stands at several addresses: ${addresses.join(', ')}. Name one: say(event, { at }).`,
    )
    this.probe = probe
    this.addresses = addresses
  }
}
