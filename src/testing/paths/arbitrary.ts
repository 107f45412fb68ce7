import type { Arbitrary } from 'fast-check'
import * as z from 'zod'
import type { EventDefinition, EventOf } from '../../index.ts'
import { ArbitraryError, only } from './bounded.ts'
import { jsonValuesOf } from './json-values.ts'

/**
 * Inputs of a zod schema, as an arbitrary of fast-check: JSON values that the schema parses. Checks that JSON Schema cannot say, such as
 * those of `refine`, filter them.
 *
 * @example
 * fc.assert(fc.property(inputsOf(cakeOrder), order => priceOf(order) >= 0))
 *
 * @param schema of JSON values, as those of events are
 * @throws ArbitraryError if the schema has values that are not JSON; and, when values are generated, if nearly none passes its checks
 */
export function inputsOf<S extends z.ZodType>(schema: S): Arbitrary<z.input<S>> {
  return only(jsonValuesOf(jsonSchemaOf(schema)).map(asInput<S>), value => isParsed(schema, value), 'this schema')
}

/**
 * Outputs of a zod schema, as an arbitrary of fast-check: what the schema makes of its inputs, with defaults filled in and transforms
 * done.
 *
 * @example
 * const orders = fc.sample(outputsOf(cakeOrder), { numRuns: 5, seed: 7 })
 *
 * @throws what `inputsOf` throws
 */
export function outputsOf<S extends z.ZodType>(schema: S): Arbitrary<z.output<S>> {
  return inputsOf(schema).map(value => schema.parse(value))
}

/**
 * Events of a definition, checked as `publish` checks them.
 *
 * @example
 * await fc.assert(
 *   fc.asyncProperty(eventsOf(cakeOrdered), async event => {
 *     const test = await createTestRuntime({ agents: [baker] })
 *     await test.runtime.bus.publish(event)
 *     await test.settle()
 *     never(test, restarted('runtime/baker'))
 *     await test.stop()
 *   }),
 * )
 *
 * @throws what `inputsOf` throws
 */
export function eventsOf<T extends string, S extends z.ZodType>(
  definition: EventDefinition<T, S>,
): Arbitrary<EventOf<T, z.output<S>>> {
  return inputsOf(definition.schema).map(data => definition(data))
}

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  try {
    return z.toJSONSchema(schema, { io: 'input' })
  } catch (error) {
    throw new ArbitraryError('this schema', 'it has values that are not JSON', error)
  }
}

function isParsed(schema: z.ZodType, value: unknown): boolean {
  try {
    return schema.safeParse(value).success
  } catch (error) {
    throw new ArbitraryError('this schema', 'its checks throw, or are asynchronous', error)
  }
}

/** The schema decides next whether it is an input. */
function asInput<S extends z.ZodType>(value: unknown): z.input<S> {
  return value as z.input<S>
}
