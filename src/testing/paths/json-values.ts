import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  double,
  integer,
  json,
  oneof,
  option,
  record,
  tuple,
} from 'fast-check'
import type * as z from 'zod'
import { ArbitraryError } from './bounded.ts'
import { textsOf } from './text.ts'

type Schema = z.core.JSONSchema.BaseSchema

/** The values of a part of a schema; nothing if it has none at this depth. */
type Values = Arbitrary<unknown> | undefined

/** Where a part of a schema stands: how deep, in a schema that holds itself, and what references lead to. */
interface Level {
  readonly depth: number
  readonly values: (name: string) => Values
}

/** How deep values go, of a schema that holds itself. */
const deepest = 3
/** Stands for a field that is left out. */
const absent = Symbol('absent')
const safe = Number.MAX_SAFE_INTEGER

/**
 * The values that a JSON Schema allows, with a little more where a schema says what no generator can follow.
 *
 * @throws ArbitraryError
 */
export function jsonValuesOf(schema: Schema): Arbitrary<unknown> {
  const defined = new Map<string, Schema>([['#', schema]])
  for (const [name, one] of Object.entries(schema.$defs ?? {})) defined.set(`#/$defs/${name}`, one)
  const values = levelAt(0, defined).values('#')
  if (!values) throw new ArbitraryError('this schema', 'it allows nothing, or holds itself without an end')
  return values
}

function levelAt(depth: number, defined: ReadonlyMap<string, Schema>): Level {
  const known = new Map<string, Values>()
  let next: Level | undefined
  const values = (name: string): Values => {
    const schema = defined.get(name)
    if (!schema || depth > deepest) return undefined
    if (!known.has(name)) known.set(name, valuesOf(schema, (next ??= levelAt(depth + 1, defined))))
    return known.get(name)
  }
  return { depth, values }
}

const anything = json().map(text => JSON.parse(text))

function valuesOf(schema: Schema | boolean, level: Level): Values {
  if (typeof schema === 'boolean') return schema ? anything : undefined
  const { $ref, anyOf, oneOf, type, not, allOf } = schema
  if ($ref !== undefined) return level.values($ref)
  if ('const' in schema) return constant(schema.const)
  if (schema.enum) return constantFrom<unknown>(...schema.enum)
  if (not) return undefined
  const kinds = Array.isArray(type) ? type.map((one): Schema => ({ ...schema, type: one })) : undefined
  const choices = anyOf ?? oneOf ?? kinds
  if (choices) {
    const there = choices.flatMap(one => valuesOf(one, level) ?? [])
    return there.length === 0 ? undefined : oneof(...there)
  }
  return type === undefined && allOf ? mergedOf(allOf, level) : typedValuesOf(schema, level)
}

function typedValuesOf(schema: Schema, level: Level): Values {
  switch (schema.type) {
    case 'string':
      return textsOf({
        format: schema.format,
        patterns: [schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern])),
        minLength: schema.minLength ?? 0,
        maxLength: schema.maxLength ?? Number.POSITIVE_INFINITY,
      })
    case 'integer':
    case 'number':
      return numbersOf(schema)
    case 'boolean':
      return boolean()
    case 'null':
      return constant(null)
    case 'array':
      return arraysOf(schema, level)
    case 'object':
      return objectsOf(schema, level)
    default:
      return anything
  }
}

function numbersOf({ type, multipleOf: step, ...rules }: Schema): Arbitrary<number> {
  const { minimum = -safe, maximum = safe } = rules
  const above = typeof rules.exclusiveMinimum === 'number' ? rules.exclusiveMinimum : Number.NEGATIVE_INFINITY
  const below = typeof rules.exclusiveMaximum === 'number' ? rules.exclusiveMaximum : Number.POSITIVE_INFINITY
  if (type === 'integer' || step !== undefined) {
    const unit = step ?? 1
    const min = Math.max(Math.ceil(minimum / unit), Math.floor(above / unit) + 1)
    const max = Math.min(Math.floor(maximum / unit), Math.ceil(below / unit) - 1)
    if (min > max) throw new ArbitraryError(`a number from ${minimum} to ${maximum}`, 'there is none')
    const [least, most] = [Math.max(min, -safe), Math.min(max, safe)]
    return withEdges(integer({ min: least, max: most }), [least, most], one => one >= least && one <= most).map(
      count => count * unit,
    )
  }
  const min = Math.max(minimum, above)
  const max = Math.min(maximum, below)
  const excluded = { minExcluded: above >= minimum, maxExcluded: below <= maximum }
  const isAllowed = (one: number) => one >= minimum && one <= maximum && one > above && one < below
  // JSON has no -0.
  return withEdges(double({ min, max, ...excluded, noNaN: true }), [min, max], isAllowed).map(one => one + 0)
}

/** Guards and refinements often decide at an edge of a range, or at 0: half of the numbers are these. */
function withEdges(
  numbers: Arbitrary<number>,
  ends: readonly number[],
  isAllowed: (one: number) => boolean,
): Arbitrary<number> {
  const allowed = [...new Set([0, ...ends])].filter(isAllowed)
  return allowed.length === 0 ? numbers : oneof({ withCrossShrink: true }, constantFrom(...allowed), numbers)
}

function arraysOf({ prefixItems = [], items, minItems = 0, maxItems }: Schema, level: Level): Values {
  const first = allOf(prefixItems, level)
  const least = Math.max(0, minItems - prefixItems.length)
  const most = maxItems === undefined ? undefined : Math.max(0, maxItems - prefixItems.length)
  const values = Array.isArray(items) ? anything : valuesOf(items ?? true, level)
  if (!first || (!values && least > 0)) return undefined
  const size = level.depth > 1 ? 'xsmall' : 'small'
  const limits = { minLength: least, ...(most !== undefined && { maxLength: most }), size } as const
  const rest = values ? array(values, limits) : constant([])
  return prefixItems.length === 0 ? rest : tuple(first, rest).map(parts => parts.flat(1))
}

/** A value of each part, in order. */
function allOf(parts: readonly (Schema | boolean)[], level: Level): Arbitrary<unknown[]> | undefined {
  const values = parts.flatMap(one => valuesOf(one, level) ?? [])
  return values.length === parts.length ? tuple(...values) : undefined
}

function objectsOf(schema: Schema, level: Level): Values {
  const { properties = {}, required = [], additionalProperties: others, propertyNames } = schema
  const names = typeof propertyNames === 'object' ? propertyNames : {}
  const listed = (names.enum ?? []).map(name => [String(name), others ?? true] as const)
  const fields: Record<string, Arbitrary<unknown>> = {}
  for (const [name, one] of [...listed, ...Object.entries(properties)]) {
    const values = valuesOf(one, level)
    if (!values && required.includes(name)) return undefined
    if (values)
      fields[name] = required.includes(name) ? values : option<unknown, symbol>(values, { freq: 2, nil: absent })
  }
  const known = record(fields).map(withoutAbsent)
  const isOpen = names.enum === undefined && typeof others === 'object' && Object.keys(others).length > 0
  const values = isOpen ? valuesOf(others, level) : undefined
  if (!values) return known
  const keys = textsOf({
    format: names.format,
    patterns: names.pattern === undefined ? [] : [names.pattern],
    minLength: names.minLength ?? 0,
    maxLength: names.maxLength ?? Number.POSITIVE_INFINITY,
  })
  const more = dictionary(keys, values, { maxKeys: 5, noNullPrototype: true })
  return tuple(more, known).map(([additional, given]) => ({ ...additional, ...given }))
}

function withoutAbsent(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== absent))
}

/** An intersection: of objects, all their fields. */
function mergedOf(parts: readonly Schema[], level: Level): Values {
  return allOf(parts, level)?.map(values =>
    values.every(value => typeof value === 'object' && value !== null) ? Object.assign({}, ...values) : values[0],
  )
}
