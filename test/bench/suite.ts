/**
 * A benchmark in its own words:
 *
 *   suite        what is compared, on some cases, by some figures
 *   contestant   one way of doing it: Troupe, a limit that nobody can pass by much, a peer, or a floor
 *   round        one contestant on one case, once, in a process of its own
 */

/** `smoke`: the smallest round that proves that a contestant runs; its figures mean nothing. */
export type Scale = 'full' | 'smoke'

/** What a round measured, by the names of the suite's figures. */
export type Figures = Readonly<Record<string, number>>

/** Tells figures as soon as they are known, so that a round that is cut short loses only the rest. */
export type Tell = (figures: Figures, note?: string) => void

/** One contestant on one case: warms up, measures, and throws if what it did is not what it was to do. */
export type Round = (scale: Scale, tell: Tell) => Promise<void>

/** A contestant's rounds by case; a case that is absent is none of its business. */
export type Cases = Readonly<Record<string, Round>>

/** Only `limit` and `peer` are what goals speak of; a `floor` shows what the work costs without any actors. */
export type Role = 'troupe' | 'limit' | 'peer' | 'floor'

export interface Contestant {
  readonly name: string
  readonly role: Role
  /** Imported where it runs, so that nobody's modules weigh on another's round. */
  readonly load: () => Promise<Cases>
}

export interface Figure {
  readonly name: string
  readonly better: 'higher' | 'lower'
  /** Whether its total is asked to grow in proportion to the case's number. */
  readonly grows?: boolean
}

export interface Suite {
  readonly name: string
  readonly title: string
  readonly cases: readonly string[]
  /** Those that a smoke run plays, where all would be the same tiny round again and again. */
  readonly smokeCases?: readonly string[]
  /** How often a full run plays each case; 3 times by default. */
  readonly rounds?: number
  /** How many times as long as usual a round may take; once by default. */
  readonly patience?: number
  readonly figures: readonly Figure[]
  readonly contestants: readonly Contestant[]
  readonly goals: readonly Goal[]
}

/** A number to reach. A factor is that of the figure to the best of `against`. */
export interface Goal {
  readonly text: string
  /** Whose it is; Troupe's by default. */
  readonly who?: string
  readonly figure: string
  readonly case: string
  readonly against?: readonly string[]
  readonly of?: 'figure' | 'factor' | 'growth'
  readonly atLeast?: number
  readonly atMost?: number
}
