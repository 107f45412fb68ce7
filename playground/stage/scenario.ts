import type { AddedEvent, Envelope, EventDefinition, RemovedEvent, Runtime, RuntimeOptions } from 'troupe'
import type * as z from 'zod'

/** What steps and asserts have before them: a runtime that is already started, and time that passes when they say so. */
export interface Stage<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly runtime: Runtime<S, A, R>
  /** Lets milliseconds pass. */
  pass(ms: number): Promise<void>
  /** What was said so far under one definition, the oldest first. */
  said<T extends string, D extends z.ZodType>(event: EventDefinition<T, D>): readonly Envelope<T, z.output<D>>[]
}

/** Something that happens. */
export interface Step<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  /** One sentence. */
  readonly does: string
  run(stage: Stage<S, A, R>): unknown
  /** Whether the next step waits until all agents are at rest. */
  readonly idle?: boolean
  /**
   * Whether its process is killed when this is done, as by `kill -9`. What comes before is played in a process of its own, and
   * what comes after goes on with the journal that it left on the disk.
   */
  readonly isKilled?: boolean
}

/** Something that is so when all steps are done. */
export interface Assert<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  /** One sentence. */
  readonly that: string
  /** Throws unless it is so. */
  check(stage: Stage<S, A, R>): unknown
}

/** A small program that shows one pattern: its agents, what happens, and what holds in the end. An inert value. */
export interface Scenario<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  /** The name of its file. */
  readonly id: string
  readonly title: string
  /** The pattern, in one or two sentences. */
  readonly shows: string
  /** Any whole number: the same one gives the same history. */
  readonly seed: number
  /** What the runtime is created with; clock, journal and randomness belong to `playScenario`. */
  readonly runtime: Omit<RuntimeOptions<S, A, R>, 'clock' | 'ids' | 'journal' | 'random'>
  readonly steps: readonly Step<S, A, R>[]
  readonly asserts: readonly Assert<S, A, R>[]
}

/**
 * Declares a scenario, and infers the types of its steps and asserts from the party that it plays with.
 *
 * @example
 * export const scenario = defineScenario({
 *   id: 'bell', title: 'A bell', shows: 'A bell is heard.', seed: 1,
 *   runtime: { agents: [bell] },
 *   steps: [{ does: 'A guest rings.', run: ({ runtime }) => runtime.bus.publish(ring({})), idle: true }],
 *   asserts: [{ that: 'It rang once.', check: ({ said }) => equal(said(rang).length, 1) }],
 * })
 */
export function defineScenario<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
>(scenario: Scenario<S, A, R>): Scenario<S, A, R> {
  return scenario
}
