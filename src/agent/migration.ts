import type { AnyStateMachine, ContextFrom, StateValue, StateValueFrom } from 'xstate'
import type * as z from 'zod'
import { TroupeError } from '../errors.ts'

/** A machine of an older version, as it was saved. */
export interface OldMachine<C = unknown> {
  readonly value: StateValue
  readonly context: C
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  /** The output of a machine that is done. */
  readonly output: unknown
}

/** What a migration returns. */
export interface MigratedMachine {
  /** The state value of the new machine; the old one if it is left out. */
  readonly value?: StateValue
  readonly context: object
}

/** The way from one version of an agent's machine to a later one. */
export interface Migration<R extends MigratedMachine = MigratedMachine, To extends string = string> {
  /** The version that it leads to; `undefined` for the version of the agent's machine. */
  readonly to: To | undefined
  /** Checks the old context, and makes the new saved machine from the old one. */
  readonly lead: (old: OldMachine) => R
}

/** Migrations by the version that they start from. */
export type Migrations = Readonly<Record<string, Migration>>

/** The type error for migrations to a state that the machine of an agent does not have. */
export type Leads<M extends AnyStateMachine, G> = [Astray<M, G>] extends [never]
  ? unknown
  : { readonly migrations: 'A migration leads to a state or a context that the machine does not have.' }

type Astray<M extends AnyStateMachine, G> = {
  [V in keyof G]: G[V] extends Migration<infer R, never>
    ? [Named<ValueOf<R>>, Writable<R['context']>] extends [StateValueFrom<M>, ContextFrom<M>]
      ? never
      : V
    : never
}[keyof G]

type ValueOf<R> = R extends { readonly value: infer V } ? V : never

// The value of the old machine names no states of the new one. It is checked when the migration runs.
type Named<V> = V extends string
  ? string extends V
    ? never
    : V
  : Record<string, never> extends V
    ? never
    : Writable<V>

// TypeScript infers the literal, read-only type of a returned value.
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T

/**
 * Leads an agent that was saved by an older program to the machine of this one. It is declared by the version that it
 * starts from, and leads to the machine that the agent has, or by `to` to a version from which another one leads on.
 *
 * What the old machine was waiting for goes on if the state that it is led to invokes it too, by the same id and source.
 * So does its `after`, also under another name of the state; one that the old machine did not have, or that had fired while
 * its state went on, begins now. What the old machine spawned goes on if the new context holds it, and ends if not; a child that
 * it no longer invokes stops, or lives on if it is one to adopt.
 *
 * @example
 * const context = { guests: 0, currency: 'USD' }
 * const machine = setup({ types: agentTypes({ context, hears: [], says: [] }) }).createMachine({
 *   version: '2',
 *   context,
 *   initial: 'counting',
 *   states: { counting: {}, counted: {} },
 * })
 * const fromFirst = migration(z.object({ guests: z.number() }), ({ value, context }) => ({
 *   value: value === 'asking' ? 'counting' : 'counted',
 *   context: { ...context, currency: 'USD' },
 * }))
 * const host = defineAgent({ name: 'host', machine, hears: [], says: [], migrations: { '1': fromFirst } })
 *
 * @param schema of the old context; fields that it does not name are dropped
 * @param migrate gets a copy; it computes the new machine, and does nothing else
 * @param options `to`: the version that it leads to, if that is not the machine's own
 */
export function migration<S extends z.ZodType, const R extends MigratedMachine, const To extends string = never>(
  schema: S,
  migrate: (old: OldMachine<z.output<S>>) => R,
  { to }: { readonly to?: To } = {},
): Migration<R, NoInfer<To>> {
  return { to, lead: old => migrate({ ...old, context: schema.parse(old.context) }) }
}

/** @throws MigrationPathError unless each migration leads on to the current version */
export function checkMigrations(agent: string, current: string, migrations: Migrations): void {
  const fault = (from: string, why: string) => new MigrationPathError(agent, from, current, why)
  for (const from of Object.keys(migrations)) {
    if (from === current) throw fault(from, 'which is the version that its machine has')
    const passed = new Set<string>()
    for (let at = from; at !== current; ) {
      if (passed.has(at)) throw fault(from, 'but that way goes in a circle')
      passed.add(at)
      const next = Object.hasOwn(migrations, at) ? migrations[at] : undefined
      if (!next) throw fault(from, `but none from version "${at}", to which it leads`)
      at = next.to ?? current
    }
  }
}

/** The migrations of an agent do not lead to the version of its machine. */
export class MigrationPathError extends TroupeError {
  readonly code = 'MIGRATION_PATH'
  readonly agent: string
  /** The version that the migration starts from. */
  readonly from: string
  /** The version of the machine. */
  readonly current: string
  constructor(agent: string, from: string, current: string, why: string) {
    super(
      `Agent "${agent}" declares a migration from version "${from}", ${why}. Let each lead, by way of others or not, to version "${current}".`,
    )
    this.agent = agent
    this.from = from
    this.current = current
  }
}
