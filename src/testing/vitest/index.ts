import { expect } from 'vitest'
import type * as z from 'zod'
import type { DeadReason, EventDefinition, RequestDefinition } from '../../index.ts'
import { matchers } from './matchers.ts'

type EventNamed<S extends z.ZodType> = string | Pick<EventDefinition<string, S>, 'type' | 'schema'>
type RequestNamed<I extends z.ZodType> = string | Pick<RequestDefinition<string, I>, 'type' | 'input'>

/** An argument that may be left out, but is not `undefined`: a test with a wrong variable must not expect less than it seems to. */
type Given<T> = [] | [value: T]

/**
 * What vitest can expect of a test runtime, or of its record.
 *
 * @example
 * import 'troupe/testing/vitest'
 *
 * expect(test).toHavePublished(cakeOrdered, { tiers: 3 })
 * expect(test).not.toHaveRestarted('runtime/baker')
 */
export interface RunMatchers<R> {
  /**
   * An event of a type was published, by an agent, the runtime or the test.
   *
   * @param data the payload; fields of it with `expect.objectContaining`
   */
  toHavePublished<S extends z.ZodType>(event: EventNamed<S>, ...data: Given<NoInfer<z.output<S>>>): R
  /** A request of a type was asked, by an agent or the test. */
  toHaveAsked<I extends z.ZodType>(request: RequestNamed<I>, ...input: Given<NoInfer<z.output<I>>>): R
  /** An agent ran a piece of work, such as an effect of this name. */
  toHaveRun(name: string, ...input: Given<unknown>): R
  /** An event or a request of a type became a dead letter. */
  toHaveDeadLettered(event: string | Pick<EventDefinition | RequestDefinition, 'type'>, ...reason: Given<DeadReason>): R
  /** An agent failed and began anew. @param times how often; at least once if it is left out */
  toHaveRestarted(agent: string, ...times: Given<number>): R
}

expect.extend(matchers)

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RunMatchers<R> {}
}
