import type * as z from 'zod'
import { TroupeError } from '../errors.ts'

/** One field of a payload that its schema refuses. */
export interface PayloadIssue {
  /** Path of the field, such as `result.price`; empty for the payload itself. */
  readonly field: string
  readonly expected: string
  readonly received: string
}

/** A payload does not fit the schema of its type. */
export class EventPayloadError extends TroupeError {
  readonly code = 'EVENT_PAYLOAD'
  readonly type: string
  readonly issues: readonly PayloadIssue[]

  constructor(type: string, issues: readonly PayloadIssue[]) {
    const sentences = issues.map(
      issue => `${issue.field || 'payload'}: expected ${issue.expected}, received ${issue.received}`,
    )
    super(`Payload of "${type}" is wrong: ${sentences.join('; ')}. Send a payload that fits its schema.`)
    this.type = type
    this.issues = issues
  }

  /** Makes the error of what zod found. */
  static from(type: string, error: z.ZodError, data: unknown): EventPayloadError {
    return new EventPayloadError(
      type,
      error.issues.map(issue => ({
        field: issue.path.join('.'),
        expected: expectedBy(issue),
        received: shown(valueAt(data, issue.path)),
      })),
    )
  }

  /** Makes the error of one wrong field. */
  static at(type: string, field: string, expected: string, received: string): EventPayloadError {
    return new EventPayloadError(type, [{ field, expected, received }])
  }
}

/**
 * Checks data that another process has parsed by the schema of its type already. It is not parsed again, because a schema may
 * change what it parses; of a schema that transforms data in one direction only, the result cannot be checked.
 *
 * @throws EventPayloadError
 */
export function checkDelivered(type: string, schema: z.ZodType, data: unknown): void {
  const fault = faultIn(schema, data)
  if (fault) throw EventPayloadError.from(type, fault, data)
}

function faultIn(schema: z.ZodType, data: unknown): z.ZodError | undefined {
  try {
    return schema.safeEncode(data).error
  } catch {
    return undefined
  }
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.expected
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'too_small') return `at least ${issue.minimum}${unitOf(issue.origin)}`
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unitOf(issue.origin)}`
  if (issue.code === 'unrecognized_keys') return `no ${issue.keys.join(', ')}`
  return issue.message
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' || origin === 'set' ? ' items' : ''
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

// Payloads can be prompts and secrets, so an error shows the kind and size of a value, never its text.
function shown(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return `${value}`
  if (typeof value === 'string') return `${value.length} characters`
  return Array.isArray(value) ? `${value.length} items` : typeof value
}
