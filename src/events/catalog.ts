import { TroupeError } from '../errors.ts'
import { didYouMean } from '../nearest.ts'
import { CheckedEvent, type EventDefinition, type EventOf } from './event.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { checkDeclared } from './missing.ts'
import { checkPattern, matcher } from './pattern.ts'
import { checkDelivered } from './payload.ts'
import type { Refusal } from './refusal.ts'
import { answeredBy, type RefusalOf, type ReplyOf, type RequestDefinition } from './request.ts'
import type { Topic } from './topic.ts'
import { canLift, lift } from './upcast.ts'

/** The events and requests that agents hear and say. */
export type Definition = EventDefinition | RequestDefinition

/** Whether a definition is a request (it has an answer) rather than an event. */
export function isRequest(definition: Definition): definition is RequestDefinition {
  return 'output' in definition
}

/** The types of the answers to a request. */
function answerTypesOf({ type }: Definition): readonly [string, string] {
  return [`${type}.reply`, `${type}.refusal`]
}

/** Every event and request of a program, once: the only place that knows which types exist. */
export interface Catalog {
  readonly definitions: readonly Definition[]
  /** The event declared under this type. @throws UnknownEventError */
  event(type: string): EventDefinition
  /**
   * An error for each type and pattern of a topic that matches no declared event. A definition in the topic declares itself.
   *
   * @throws IllegalPatternError
   */
  unknownIn(topic: Topic): readonly UnknownTopicError[]
  /** Whether events, requests or replies of this type are journalled whatever a rule says. Undeclared types are. */
  persists(type: string): boolean
  /**
   * The event, parsed by its schema unless its definition made it. An event of an older version is lifted first.
   *
   * @throws UnknownEventError, EventPayloadError, EventVersionError, UpcastError
   */
  check(event: UncheckedEvent): EventOf
  /**
   * The declared version of an event's schema; 1 for a request and for an undeclared type.
   *
   * @example
   * catalog.versionOf('party.input.added') // 1
   */
  versionOf(type: string): number
  /**
   * A journalled event in the declared version; the same object if it has that version.
   *
   * @example
   * const envelope = catalog.lifted(entry.envelope)
   *
   * @throws UnknownEventError, EventVersionError, UpcastError
   */
  lifted<E extends VersionedEvent>(event: E): E
  /**
   * Checks the data of an event or a request that another process has parsed. A type that is not declared is not checked.
   *
   * @example
   * catalog.checkDelivered('party.input.added', { inputId: 'i1', content: 'jungle' })
   *
   * @throws EventPayloadError
   */
  checkDelivered(type: string, data: unknown): void
  /**
   * The JSON Schema (draft 2020-12) of the delivered payload, by type. A request has three: those of its answers have the keys
   * `<type>.reply` and `<type>.refusal`.
   *
   * @example
   * catalog.jsonSchemas()['party.input.added']?.$id // 'urn:troupe:event:party.input.added:1'
   */
  jsonSchemas(): Readonly<Record<string, JsonSchema>>
  /** This catalogue and more definitions. @throws DuplicateEventError */
  with(definitions: readonly Definition[]): Catalog
  /** A reply, parsed likewise. @throws UnknownEventError, EventPayloadError */
  checkReply(event: UncheckedEvent & { readonly ask: string }): ReplyOf
  /** A refusal, parsed likewise. @throws UnknownEventError, EventPayloadError */
  checkRefusal(event: UncheckedEvent & { readonly ask: string }): RefusalOf
}

/** An event from outside, which is not checked yet. */
export interface UncheckedEvent {
  readonly type: string
  readonly data?: unknown
  /** Version of the schema that the sender knew; the current one if left out. */
  readonly version?: number
}

/** An event that says which version of its schema it has, such as an envelope. */
export interface VersionedEvent extends EventOf {
  readonly version: number
}

/**
 * Gathers definitions into one catalogue.
 *
 * @example
 * const catalog = defineCatalog([inputAdded, guestCount])
 * catalog.check({ type: 'party.input.added', data: { content: 'jungle' } })
 *
 * @throws DuplicateEventError if two different definitions claim one type
 */
export function defineCatalog(definitions: Iterable<Definition>): Catalog {
  const byType = new Map<string, Definition>()
  for (const definition of definitions) {
    checkDeclared('a catalogue of events', 'a definition', definition)
    const known = byType.get(definition.type)
    if (known && known !== definition) throw new DuplicateEventError(definition.type)
    byType.set(definition.type, definition)
  }
  for (const definition of byType.values()) {
    const taken = isRequest(definition) ? answerTypesOf(definition).find(type => byType.has(type)) : undefined
    if (taken !== undefined) throw new DuplicateEventError(taken)
  }
  const types = new Set(
    [...byType.values()].flatMap(one => (isRequest(one) ? [one.type, ...answerTypesOf(one)] : one.type)),
  )
  const unknown = (type: string) => new UnknownEventError(type, [...byType.keys()])
  const event = (type: string) => {
    const definition = byType.get(type)
    if (!definition || isRequest(definition)) throw unknown(type)
    return definition
  }
  const request = (answerType: string) => {
    const definition = byType.get(answeredBy(answerType) ?? answerType)
    if (!definition || !isRequest(definition)) throw unknown(answerType)
    return definition
  }
  const lifted = (definition: EventDefinition, data: unknown, from: number) => {
    if (!canLift(definition, from)) throw new EventVersionError(definition.type, definition.version, from)
    return lift(definition, data, from, payload => definition(payload))
  }
  const catalog: Catalog = {
    definitions: [...byType.values()],
    event,
    unknownIn(topic) {
      const all = typeof topic === 'string' || 'type' in topic ? [topic] : topic
      return all.flatMap(one => {
        if (typeof one !== 'string' || one === '*' || types.has(one)) return []
        return [...types].some(matcher(checkPattern(one))) ? [] : [new UnknownTopicError(one, [...types])]
      })
    },
    persists: type => ((byType.get(type) ?? byType.get(answeredBy(type) ?? type))?.persist ?? true) === true,
    check(given) {
      const definition = event(given.type)
      if (CheckedEvent.isBy(definition, given)) return given
      const version = given.version ?? CheckedEvent.definitionOf(given)?.version ?? definition.version
      return version === definition.version ? definition(given.data) : lifted(definition, given.data, version)
    },
    versionOf(type) {
      const definition = byType.get(type)
      return definition && !isRequest(definition) ? definition.version : 1
    },
    lifted(given) {
      const { type, data, version } = given
      const known = byType.get(type)
      // Requests have no versions.
      if (known && isRequest(known)) return given
      const definition = event(type)
      if (version === definition.version) return given
      return Object.freeze({ ...given, data: lifted(definition, data, version).data, version: definition.version })
    },
    checkDelivered: (type, data) => checkData(byType.get(type), data),
    jsonSchemas: () => Object.fromEntries([...byType.values()].flatMap(schemasOf).map(one => [one.title, one])),
    with: more =>
      more.every(one => byType.get(one.type) === one) ? catalog : defineCatalog([...byType.values(), ...more]),
    checkReply: given => request(given.type).reply(given, given.data),
    // `fail` has checked the refusal.
    checkRefusal: given => request(given.type).fail(given, given.data as Refusal),
  }
  return catalog
}

function checkData(definition: Definition | undefined, data: unknown): void {
  if (!definition) return
  checkDelivered(definition.type, isRequest(definition) ? definition.input : definition.schema, data)
}

function schemasOf(definition: Definition): readonly JsonSchema[] {
  const { type, description } = definition
  if (!isRequest(definition)) return [jsonSchemaOf(type, definition.version, definition.schema, description)]
  const [reply, refusal] = answerTypesOf(definition)
  return [
    jsonSchemaOf(type, 1, definition.input, description),
    jsonSchemaOf(reply, 1, definition.output, description),
    jsonSchemaOf(refusal, 1, definition.refusal, description),
  ]
}

/** No definition declares a type. */
export class UnknownEventError extends TroupeError {
  readonly code = 'EVENT_UNKNOWN'
  readonly type: string
  readonly known: readonly string[]
  /** @param sayer the agent that said it, and the type that its `says` would have to list; left out if no agent said it */
  constructor(type: string, known: readonly string[], sayer?: { readonly agent: string; readonly missing: string }) {
    super(sayer ? unlisted(type, known, sayer) : undeclared(type, known))
    this.type = type
    this.known = known
  }
}

function undeclared(type: string, known: readonly string[]): string {
  const others = known.length > 0 ? `, or use one of: ${known.join(', ')}` : ''
  return `No event "${type}" is declared.${didYouMean(type, known)} Declare it with defineEvent and list it in an agent's hears or says${others}.`
}

function unlisted(
  type: string,
  known: readonly string[],
  { agent, missing }: { agent: string; missing: string },
): string {
  const answer = missing === type ? '' : `, which answers the request "${missing}"`
  return `The agent "${agent}" said "${type}"${answer}, but its says do not list "${missing}".${didYouMean(missing, known)} Add the definition of "${missing}" to the says of "${agent}".`
}

/** A subscription to an undeclared event: it gets nothing until an agent is spawned that declares the event. */
export class UnknownTopicError extends TroupeError {
  readonly code = 'TOPIC_UNKNOWN'
  readonly topic: string
  readonly known: readonly string[]
  constructor(topic: string, known: readonly string[]) {
    super(
      `No event that is declared matches "${topic}".${didYouMean(topic, known)} Subscribe to a definition, or list the event in createRuntime({ events }) if its agent is spawned later.`,
    )
    this.topic = topic
    this.known = known
  }
}

/** Two different definitions claim one type. */
export class DuplicateEventError extends TroupeError {
  readonly code = 'EVENT_DUPLICATE'
  readonly type: string
  constructor(type: string) {
    super(`Two definitions claim the type "${type}". Declare it once and import it where it is needed.`)
    this.type = type
  }
}

/** An event has another version of its schema, and no upcaster leads from it to the declared version. */
export class EventVersionError extends TroupeError {
  readonly code = 'EVENT_VERSION'
  readonly type: string
  readonly expected: number
  readonly received: number
  constructor(type: string, expected: number, received: number) {
    const orLift = received < expected ? `, or declare the upcasters from version ${received} on` : ''
    super(
      `Event "${type}" has version ${received}, but version ${expected} is declared. Send version ${expected}${orLift}.`,
    )
    this.type = type
    this.expected = expected
    this.received = received
  }
}
