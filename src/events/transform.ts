import { TroupeError, textOf } from '../errors.ts'
import { checkName } from '../ids.ts'
import type { UncheckedEvent } from './catalog.ts'
import type { EventOf } from './event.ts'
import { checkPattern, matcher } from './pattern.ts'
import { type EventFor, type Topic, typesOf } from './topic.ts'

/** Facts about an event, besides the event itself, for a transformation. */
export interface TransformScope {
  /** The address of the agent, or the source that a publisher outside gave. */
  readonly source: string
  readonly party: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** The receiver of an event: one agent, or all of a party. */
export interface Way {
  /** Name of an agent in the party, or outside all parties. */
  readonly to?: string | undefined
  /** Only for events from outside. */
  readonly party?: string | undefined
}

/** The work of a transformation: exactly one of these functions. */
export type TransformWork<E extends EventOf> =
  | {
      /** Gives another event in its place. */
      readonly map: (event: E, scope: TransformScope) => UncheckedEvent
    }
  | {
      /** Gives more fields for its payload. */
      readonly enrich: (event: E, scope: TransformScope) => object
    }
  | {
      /** Returns whether the event goes on. */
      readonly filter: (event: E, scope: TransformScope) => boolean
    }
  | {
      /** Returns the events that go on in its place; an empty list drops the event. */
      readonly split: (event: E, scope: TransformScope) => readonly UncheckedEvent[]
    }
  | {
      /** Gives another receiver; `undefined` leaves the receiver as it is. */
      readonly route: (event: E, scope: TransformScope) => Way | undefined
    }

/** What `defineTransform` takes. */
export type TransformOptions<W extends Topic> = {
  /** Names it in the journal, in figures and in errors. */
  readonly name: string
  /** Which events go through it. */
  readonly on: W
} & TransformWork<EventFor<W>>

/** One step between publish and delivery. An inert value. */
export interface Transform {
  readonly name: string
  readonly types: readonly string[]
  /** Returns the events that one event becomes. */
  readonly apply: (event: EventOf, scope: TransformScope) => readonly Outgoing[]
}

/** An event that goes on, and its receiver. */
export interface Outgoing extends Way {
  readonly event: UncheckedEvent
}

/** An event that goes on, checked. */
export interface Transformed extends Way {
  readonly event: EventOf
}

/** The events that go on in place of one event, and the transformations that it went through. */
export interface Passage {
  readonly by: readonly string[]
  readonly into: readonly Transformed[]
}

/** How often a transformation was applied, and with which outcome. */
export interface TransformFigures {
  readonly applied: number
  /** Events that ended there. */
  readonly filtered: number
  readonly failed: number
}

/**
 * Declares a step between publish and delivery. The runtime applies its steps in the order of `transforms`, to events of agents and
 * to events from outside; the result of a step goes through the steps after it. The journal holds the last result, and a replay
 * shows that.
 *
 * @example
 * const trim = defineTransform({ name: 'trim', on: inputAdded, enrich: ({ data }) => ({ content: data.content.trim() }) })
 * const noSpam = defineTransform({ name: 'no-spam', on: inputAdded, filter: ({ data }) => !isSpam(data.content) })
 * createRuntime({ party, transforms: [trim, noSpam] })
 *
 * @throws IllegalPatternError
 */
export function defineTransform<const W extends Topic>(options: TransformOptions<W>): Transform {
  const { name, on } = options
  checkName('transformation', name)
  const work: TransformWork<never> = options
  return { name, types: typesOf(on).map(checkPattern), apply: (event, scope) => applied(work, event, scope) }
}

function applied(declared: TransformWork<never>, event: EventOf, scope: TransformScope): readonly Outgoing[] {
  // Only events of its types come here, and their schemas have checked them.
  const work = declared as TransformWork<EventOf>
  if ('map' in work) return [{ event: atOnce(work.map(event, scope)) }]
  if ('enrich' in work) return [{ event: enriched(event, atOnce(work.enrich(event, scope))) }]
  if ('filter' in work) return atOnce(work.filter(event, scope)) ? [{ event }] : []
  if ('split' in work) return atOnce(work.split(event, scope)).map(one => ({ event: atOnce(one) }))
  return [{ event, ...atOnce(work.route(event, scope)) }]
}

/** A promise is not awaited, and its rejection is ignored. */
function atOnce<T>(given: T): T {
  if (!(given instanceof Promise)) return given
  given.catch(() => {})
  throw new TypeError('a step between publish and delivery cannot be asynchronous')
}

function enriched({ type, data }: EventOf, more: object): UncheckedEvent {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new Error('only objects can get more fields')
  return { type, data: { ...data, ...more } }
}

interface Step extends Transform {
  readonly counted: { applied: number; filtered: number; failed: number }
}

/** The transformations of a runtime, in order. */
export class Transforms {
  readonly #steps: readonly Step[]
  readonly #byType = new Map<string, ReadonlySet<Step>>()

  constructor(steps: readonly Transform[]) {
    this.#steps = steps.map(step => ({ ...step, counted: { applied: 0, filtered: 0, failed: 0 } }))
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0
  }

  get figures(): Readonly<Record<string, TransformFigures>> {
    return Object.fromEntries(this.#steps.map(({ name, counted }) => [name, { ...counted }]))
  }

  /**
   * The events that go on in place of an event; `undefined` if no transformation covers its type.
   *
   * @param check checks a result against the catalogue
   * @throws TransformError
   */
  apply(event: EventOf, scope: TransformScope, check: (event: UncheckedEvent) => EventOf): Passage | undefined {
    const by: string[] = []
    let into: readonly Transformed[] = [{ event }]
    for (const step of this.#steps) {
      if (!into.some(one => this.#isAbout(step, one.event.type))) continue
      by.push(step.name)
      into = into.flatMap(one => (this.#isAbout(step, one.event.type) ? applyOne(step, one, scope, check) : [one]))
    }
    return by.length === 0 ? undefined : { by, into }
  }

  #isAbout(step: Step, type: string): boolean {
    let steps = this.#byType.get(type)
    if (!steps) {
      steps = new Set(this.#steps.filter(({ types }) => types.some(one => matcher(one)(type))))
      this.#byType.set(type, steps)
    }
    return steps.has(step)
  }
}

function applyOne(
  { name, apply, counted }: Step,
  { event, ...way }: Transformed,
  scope: TransformScope,
  check: (event: UncheckedEvent) => EventOf,
): readonly Transformed[] {
  counted.applied++
  try {
    const out = apply(event, scope).map(one => ({ ...way, ...one, event: check(one.event) }))
    if (out.length === 0) counted.filtered++
    return out
  } catch (error) {
    counted.failed++
    throw new TransformError(name, event.type, error)
  }
}

/** A transformation threw, or its result does not fit the schema. */
export class TransformError extends TroupeError {
  readonly code = 'TRANSFORM_FAILED'
  readonly transform: string
  readonly type: string
  constructor(transform: string, type: string, cause: unknown) {
    super(`Transformation "${transform}" failed on "${type}": ${textOf(cause)}. The event did not happen; fix it.`, {
      cause,
    })
    this.transform = transform
    this.type = type
  }
}
