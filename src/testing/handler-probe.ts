import type { HandlerScope, Refusal, RequestDefinition, Runtime } from '../index.ts'
import {
  Expected,
  type Keyed,
  ProbeAnsweredError,
  type ProbedDataOf,
  type ProbedOf,
  ProbeGoneError,
} from './received.ts'
import { Joined, type StandIn, type StandInPlace } from './stand-in.ts'

/** How the probe of a request is reached. */
export interface HandlerProbeOptions {
  /** The last part of its address; by default the request's type with "-" for ".", as for `runtime.handle`. */
  readonly name?: string
}

/** A request that waits for the test, or that the test has answered. */
interface Asked extends Keyed {
  readonly scope: HandlerScope
  readonly answer: PromiseWithResolvers<unknown>
  isAnswered: boolean
}

/**
 * Stands in for the handler of a request. Nothing of it is journalled, as for every handler: requests that it has not answered end
 * with the process, and agents ask them again in the next process.
 */
export class HandlerProbe<D extends RequestDefinition> implements StandIn {
  readonly standsFor: string
  readonly #request: RequestDefinition
  readonly #options: HandlerProbeOptions
  readonly #joined: Joined
  readonly #expected: Expected
  #asked: readonly Asked[] = []
  #count = 0
  #address = ''

  constructor(request: D, options: HandlerProbeOptions = {}) {
    this.standsFor = `the handler ${options.name === undefined ? `of "${request.type}"` : `"${options.name}"`}`
    this.#request = request
    this.#options = options
    this.#joined = new Joined(`probe "${request.type}"`)
    this.#expected = new Expected(request.type)
  }

  join(place: StandInPlace): void {
    this.#joined.join(place)
  }

  begin(runtime: Pick<Runtime, 'handle'>): void {
    this.#asked = this.#asked.filter(one => one.isAnswered)
    const answer = (input: unknown, scope: HandlerScope) => this.#take(input, scope)
    this.#address = runtime.handle(this.#request, answer, this.#options).address
  }

  /** All requests so far, without those that ended with a process. */
  get received(): readonly ProbedOf<D>[] {
    return this.#asked.map(one => this.#probedOf(one))
  }

  /**
   * Settles the runtime, and gives the first request that was not expected before.
   *
   * @param data what is asked; fields of it with `expect.objectContaining` of vitest
   * @throws NotReceivedError, which says what came instead
   */
  async expect(request: D, ...data: [] | [data: ProbedDataOf<D>]): Promise<ProbedOf<D>> {
    await this.#joined.place.settle()
    return this.#probedOf(this.#expected.take(this.#asked, request.type, data))
  }

  /** Settles the runtime, and checks that nothing came that was not expected before. @throws UnexpectedError */
  async expectNothing(): Promise<void> {
    await this.#joined.place.settle()
    this.#expected.checkNone(this.#asked)
  }

  #take(data: unknown, scope: HandlerScope): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    const key = `${++this.#count}`
    this.#asked = [
      ...this.#asked,
      { key, type: this.#request.type, data, at: this.#address, scope, answer, isAnswered: false },
    ]
    return answer.promise
  }

  #probedOf(asked: Asked): ProbedOf<D> {
    const { type, data, at, scope, answer } = asked
    const request = this.#request
    const end = async (how: () => void) => {
      if (!this.#asked.includes(asked)) throw new ProbeGoneError(type)
      if (asked.isAnswered) throw new ProbeAnsweredError(type)
      asked.isAnswered = true
      how()
      await this.#joined.place.settle()
    }
    const probed = {
      type,
      data,
      at,
      reply: async (output: unknown) => {
        request.checkOutput(output)
        await end(() => answer.resolve(output))
      },
      refuse: async (refusal: Refusal) => {
        const refused = request.fail(scope, refusal)
        await end(() => answer.resolve(refused))
      },
      fail: (error: unknown) => end(() => answer.reject(error)),
    }
    // Its data went through the schema of the request, and its functions check what they get.
    return probed as ProbedOf<D>
  }
}
