import type * as z from 'zod'
import { TroupeError, textOf } from '../errors.ts'
import { assertJson } from '../events/json.ts'
import { EventPayloadError } from '../events/payload.ts'
import { effectCompleted, effectStarted } from '../events/runtime-events.ts'
import { mutableCopyOf } from '../values/copy.ts'
import type { Outcome } from './outside.ts'

/** Short values that describe work besides its name, made for the attributes of spans. */
export type Tags = Readonly<Record<string, string | number | boolean>>

/** What an application adds about its work: JSON values by name. */
export type Details = Readonly<Record<string, unknown>>

/**
 * What the event of a start says before the application adds to it.
 *
 * @useDeclaredType
 */
export type WorkStarted = Omit<z.output<typeof effectStarted.schema>, 'data'>

/**
 * The payload of an event about the end of work, before the application adds to it.
 *
 * @useDeclaredType
 */
export type WorkCompleted = Omit<z.output<typeof effectCompleted.schema>, 'data'>

/**
 * Functions with which an application adds tags and data to the events about its work. Inputs and outputs are never in these
 * events unless a hook puts them there. Hooks are called only while these events have a listener. A hook that throws, or returns
 * what JSON cannot carry, adds nothing, and `system.error` reports it (`ENRICH_FAILED`).
 *
 * @example
 * effect('search-venues', search, {
 *   enrich: {
 *     tagsBefore: ({ guests }) => ({ guests }),
 *     tagsAfter: outcome => ({ found: outcome.ok ? outcome.output.length : 0 }),
 *     completed: ({ durationMs }) => ({ isSlow: durationMs > 1_000 }),
 *   },
 * })
 */
export interface Enrichment<I, O> {
  /** Tags of both events, made of the input. */
  readonly tagsBefore?: (input: I) => Tags | undefined
  /** More tags of the second event, made of the outcome; they replace tags of the same name. */
  readonly tagsAfter?: (outcome: Outcome<O>) => Tags | undefined
  /** The `data` of the first event. */
  readonly started?: (event: WorkStarted, input: I) => Details | undefined
  /** The `data` of the second event. */
  readonly completed?: (event: WorkCompleted, outcome: Outcome<O>) => Details | undefined
}

/** Calls the hooks of one piece of work; its events are made whatever the hooks do. */
export class Enricher {
  readonly #name: string
  readonly #hooks: Enrichment<unknown, unknown>
  readonly #input: unknown
  readonly #failed: (error: EnrichError) => void
  #before: Tags | undefined

  /** @param failed called when a hook failed */
  constructor(name: string, hooks: Enrichment<never, never>, input: unknown, failed: (error: EnrichError) => void) {
    this.#name = name
    // Their types were checked where the work is defined; here its input and outcome are only carried.
    this.#hooks = hooks as Enrichment<unknown, unknown>
    this.#input = input
    this.#failed = failed
  }

  started(fields: Omit<WorkStarted, 'tags'>): z.output<typeof effectStarted.schema> {
    const event: WorkStarted = { ...fields, tags: this.#tagsBefore() }
    const { started } = this.#hooks
    const data =
      started && this.#call('started', () => detailsOf(started(structuredClone(event), mutableCopyOf(this.#input))))
    return data ? { ...event, data } : event
  }

  completed(fields: Omit<WorkCompleted, 'tags'>, outcome: Outcome): z.output<typeof effectCompleted.schema> {
    const { tagsAfter, completed } = this.#hooks
    const before = this.#tagsBefore()
    const after = tagsAfter && this.#call('tagsAfter', () => tagsOf(tagsAfter(shown(outcome))))
    const event: WorkCompleted = { ...fields, tags: { ...before, ...after } }
    const data =
      completed && this.#call('completed', () => detailsOf(completed(structuredClone(event), shown(outcome))))
    return data ? { ...event, data } : event
  }

  /** Calls the hook once, for whichever event is made first. */
  #tagsBefore(): Tags {
    const { tagsBefore } = this.#hooks
    this.#before ??=
      (tagsBefore && this.#call('tagsBefore', () => tagsOf(tagsBefore(mutableCopyOf(this.#input))))) ?? {}
    return this.#before
  }

  #call<T>(hook: keyof Enrichment<unknown, unknown>, call: () => T): T | undefined {
    try {
      return call()
    } catch (error) {
      this.#failed(new EnrichError(this.#name, hook, error))
      return undefined
    }
  }
}

/** A copy of the outcome, which a hook may change. */
function shown(outcome: Outcome): Outcome {
  return outcome.ok ? { ok: true, output: mutableCopyOf(outcome.output) } : outcome
}

/** @throws EventPayloadError unless it is a record of texts, numbers and booleans */
function tagsOf(given: unknown): Tags | undefined {
  quiet(given)
  if (given === undefined) return undefined
  const parsed = effectStarted.schema.shape.tags.safeParse(given)
  if (!parsed.success) throw EventPayloadError.from('tags', parsed.error, given)
  return parsed.data
}

/** @throws EventPayloadError unless it is an object that JSON can carry */
function detailsOf(given: unknown): z.output<typeof effectStarted.schema>['data'] {
  quiet(given)
  if (given === undefined) return undefined
  assertJson('data', given)
  // A copy, which the hook cannot change later, and without fields that are undefined.
  const parsed = effectStarted.schema.shape.data.safeParse(JSON.parse(JSON.stringify(given)))
  if (!parsed.success) throw EventPayloadError.from('data', parsed.error, given)
  return parsed.data
}

/** An asynchronous hook is refused. Its own rejection must not become an unhandled one. */
function quiet(given: unknown): void {
  if (given instanceof Promise) given.catch(() => {})
}

/** A hook of an enrichment failed. */
export class EnrichError extends TroupeError {
  readonly code = 'ENRICH_FAILED'
  /** The name of the work. */
  readonly work: string
  readonly hook: keyof Enrichment<unknown, unknown>
  constructor(work: string, hook: keyof Enrichment<unknown, unknown>, cause: unknown) {
    super(
      `The hook "${hook}" of "${work}" failed: ${textOf(cause)}. The event was sent without what the hook adds. Fix the hook.`,
      { cause },
    )
    this.work = work
    this.hook = hook
  }
}
