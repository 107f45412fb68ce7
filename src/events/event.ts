import * as z from 'zod'
import { TroupeError } from '../errors.ts'
import { lazily } from '../lazily.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { assertJson, isFlat, isOpen, settled, tooDeep } from './json.ts'
import { isType } from './pattern.ts'
import { EventPayloadError } from './payload.ts'
import { type Upcasters, upcastFault } from './upcast.ts'

/** A typed fact: its type and its payload. */
export interface EventOf<T extends string = string, D = unknown> {
  readonly type: T
  readonly data: D
}

/** How an event is delivered; most of it can be changed for a single event. */
export interface EventOptions {
  /** Version of the payload's schema, counted from 1. */
  readonly version?: number
  /** Lifts payloads of older versions, step by step: the function at 1 makes version 2 of version 1. */
  readonly upcast?: Upcasters
  /**
   * `false`: never journalled, delivered at most once (ticks). `'by-rule'`: journalled only if the rule of the runtime says so; by
   * default a runtime has no rule.
   */
  readonly persist?: boolean | 'by-rule'
  /** 1 is most urgent, 10 least; 5 by default. */
  readonly priority?: number
  /** Milliseconds after which a waiting event is not delivered any more; unlimited by default. */
  readonly ttl?: number
  /** Words by which subscriptions can choose events; `publish` may add more. */
  readonly tags?: readonly string[]
  /** One sentence for the generated table of events. */
  readonly description?: string
}

const eventNames: OptionNames<EventOptions> = {
  version: true,
  upcast: true,
  persist: true,
  priority: true,
  ttl: true,
  tags: true,
  description: true,
}

/** What `defineEvent` returns: call it to make and check an event. */
export interface EventDefinition<T extends string = string, S extends z.ZodType = z.ZodType> {
  (data: z.input<S>): EventOf<T, z.output<S>>
  readonly type: T
  readonly schema: S
  readonly version: number
  readonly upcast: Upcasters
  readonly persist: boolean | 'by-rule'
  readonly priority: number
  readonly ttl: number | undefined
  readonly tags: readonly string[]
  readonly description: string
}

/**
 * Declares an event once: its type, its payload, and how it is delivered.
 *
 * @example
 * const inputAdded = defineEvent('party.input.added', z.object({ content: z.string().min(1) }))
 * inputAdded({ content: 'jungle theme' }) // { type: 'party.input.added', data: { content: 'jungle theme' } }
 *
 * @param type words with dots between them, such as `party.input.added`, `TOGGLE` or `user.nextQuestion`
 * @param schema a zod schema of JSON values: no dates, maps, bigints or transforms
 * @throws EventDefinitionError if the type is malformed, the schema holds what JSON cannot, the version is no whole number from
 *   1, or an upcaster leads nowhere
 * @throws EventPayloadError when the definition is called with a payload that its schema refuses
 */
export function defineEvent<const T extends string, S extends z.ZodType>(
  type: T,
  schema: S,
  options: EventOptions = {},
): EventDefinition<T, S> {
  const { version = 1, upcast = {}, priority = 5, ttl } = options
  checkType(type)
  checkOptionNames('defineEvent', options, eventNames)
  const fault = upcastFault(version, upcast)
  if (fault !== undefined) throw new EventDefinitionError(type, fault)
  checkPriority(priority)
  if (ttl !== undefined) checkTtl(ttl)
  return defined(type, () => schema, payloadCheck(type, schema), options)
}

/**
 * Declares an event of the runtime itself. Its schema is created at its first use: the payloads of the runtime are trusted, and
 * creating all these schemas would cost every program that imports the package some milliseconds.
 */
export function defineOwnEvent<const T extends string, S extends z.ZodType>(
  type: T,
  schemaOf: () => S,
  options: EventOptions,
): EventDefinition<T, S> {
  const schema = lazily(schemaOf)
  const check = lazily(() => payloadCheck(type, schema()))
  return defined(type, schema, data => check()(data), options)
}

function defined<const T extends string, S extends z.ZodType>(
  type: T,
  schema: () => S,
  check: (data: unknown) => z.output<S>,
  options: EventOptions,
): EventDefinition<T, S> {
  const { version = 1, upcast = {}, persist = true, priority = 5, ttl, tags = [], description = '' } = options
  const make = (data: z.input<S>): EventOf<T, z.output<S>> => new CheckedEvent(type, check(data), definition)
  const fields = {
    type,
    version,
    upcast: { ...upcast },
    persist,
    priority,
    ttl,
    tags: Object.freeze([...tags]),
    description,
  }
  Object.defineProperty(make, schemaSource, { value: schema })
  Object.defineProperty(make, 'schema', lazySchema)
  const definition = Object.assign(make, fields) as EventDefinition<T, S>
  return definition
}

const schemaSource = Symbol('schema')

/** All definitions share this getter. With a getter for each, engines would read the fields of definitions slowly. */
const lazySchema: PropertyDescriptor = {
  get(this: { readonly [schemaSource]?: () => z.ZodType }) {
    return this[schemaSource]?.()
  },
  enumerable: true,
}

/**
 * An event that its definition has checked already, so delivery need not parse it again. It remembers its definition, because
 * another definition of the same type may have another schema; a request or reply remembers its schema.
 */
export class CheckedEvent<T extends string, D> implements EventOf<T, D> {
  readonly type: T
  readonly data: D
  readonly #by: EventDefinition | z.ZodType
  /** The checked payload, also if other code replaces the field `data`. */
  readonly #data: D

  constructor(type: T, data: D, by: EventDefinition | z.ZodType) {
    this.type = type
    this.data = data
    this.#by = by
    this.#data = data
  }

  /** A copy of the event that no other code has or can change. */
  static copyOf(event: EventOf): EventOf {
    const { type, data } = event
    return event instanceof CheckedEvent ? new CheckedEvent(type, data, event.#by) : { type, data }
  }

  /** The definition that made an event; `undefined` if no definition did. */
  static definitionOf(event: object): EventDefinition | undefined {
    return event instanceof CheckedEvent && typeof event.#by === 'function' ? event.#by : undefined
  }

  static isBy(by: EventDefinition | z.ZodType, event: object): event is CheckedEvent<string, unknown> {
    return event instanceof CheckedEvent && event.#by === by && event.#data === event.data
  }
}

/**
 * Makes an event without checking its payload. The runtime makes its own events so, because their payloads are typed.
 *
 * @param data is frozen here; the caller freezes the values in it
 */
export function trusted<T extends string, S extends z.ZodType>(
  definition: EventDefinition<T, S>,
  data: z.output<S>,
): EventOf<T, z.output<S>> {
  Object.freeze(data)
  return new CheckedEvent(definition.type, data, definition)
}

/**
 * Makes the function that parses payloads of a type, and throws a typed error for a payload that the schema refuses. It returns
 * frozen payloads, because a journal, a mailbox and many subscribers hold the same object.
 */
export function payloadCheck<S extends z.ZodType>(type: string, schema: S): (data: unknown) => z.output<S> {
  const json = jsonSchemaOf(type, schema)
  const open = isOpen(json)
  const checked = (data: unknown) => {
    const parsed = schema.safeParse(data)
    if (!parsed.success) throw EventPayloadError.from(type, parsed.error, data)
    if (!open) return settled(type, parsed.data)
    assertJson(type, parsed.data)
    // Where the schema allows any value, zod returns the sender's own objects, which the sender may change later.
    return settled(type, structuredClone(parsed.data))
  }
  if (isFlat(json)) return checked
  return data => {
    try {
      return checked(data)
    } catch (error) {
      // A payload with some thousand levels exceeds the stack.
      if (error instanceof RangeError) throw tooDeep(type)
      // It looks like plain data, but cannot be copied.
      if (error instanceof DOMException) throw EventPayloadError.at(type, '', 'a JSON value', 'a proxy')
      throw error
    }
  }
}

function jsonSchemaOf(type: string, schema: z.ZodType) {
  try {
    return z.toJSONSchema(schema, { io: 'output' })
  } catch (error) {
    throw new EventDefinitionError(type, 'its schema holds what JSON cannot carry', error)
  }
}

/** @throws EventDefinitionError unless the type is made of words with dots between them */
export function checkType(type: string): void {
  if (!isType(type)) throw new EventDefinitionError(type, 'types are words with dots between them, without "*"')
  if (/^(xstate|troupe)\./.test(type)) throw new EventDefinitionError(type, 'types of that group are internal')
}

/** An event or request was declared in a way that can never work. */
export class EventDefinitionError extends TroupeError {
  readonly code = 'EVENT_DEFINITION'
  readonly type: string
  constructor(type: string, why: string, cause?: unknown) {
    super(
      `Event "${type}" cannot be defined: ${why}. Use a type like "party.input.added" and a schema of JSON values.`,
      {
        cause,
      },
    )
    this.type = type
  }
}

/** @throws PriorityError unless it is a whole number from 1 (most urgent) to 10 */
export function checkPriority(priority: number): void {
  if (!Number.isInteger(priority) || priority < 1 || priority > 10) throw new PriorityError(priority)
}

/** A priority is no whole number from 1 to 10. */
export class PriorityError extends TroupeError {
  readonly code = 'PRIORITY'
  readonly priority: number
  constructor(priority: number) {
    super(`${priority} is no priority: use a whole number from 1 (most urgent) to 10.`)
    this.priority = priority
  }
}

/** @throws TtlError unless it is a number of milliseconds above 0 */
export function checkTtl(ttl: number): void {
  if (!(ttl > 0 && ttl < Number.POSITIVE_INFINITY)) throw new TtlError(ttl)
}

/** A time to live is no positive number of milliseconds. */
export class TtlError extends TroupeError {
  readonly code = 'TTL'
  readonly ttl: number
  constructor(ttl: number) {
    super(`${ttl} is no time to live: use milliseconds above 0, or leave it out for events that never expire.`)
    this.ttl = ttl
  }
}
