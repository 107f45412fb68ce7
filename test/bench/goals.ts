import type { Results } from './results.ts'
import type { Goal } from './suite.ts'

/** A goal, and how far it was reached. */
export interface Reached {
  readonly goal: string
  readonly wanted: string
  /** Absent when no round came so far. */
  readonly value: number | undefined
  readonly met: boolean
  readonly note: string | undefined
}

export function reachedBy(results: Results): readonly Reached[] {
  const troupe = results.suite.contestants.find(({ role }) => role === 'troupe')?.name ?? ''
  return results.suite.goals.map(goal => {
    const who = goal.who ?? troupe
    const value = valueOf(results, goal, who)
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal
    const note = results.noteOn(who, goal.case)
    return {
      goal: goal.text,
      wanted: wantedOf(goal),
      value,
      // A figure of fewer than were wanted shows how bad it is, but reaches nothing.
      met: value !== undefined && note === undefined && value >= atLeast && value <= atMost,
      note,
    }
  })
}

function valueOf(results: Results, { of = 'factor', figure: name, case: on, against }: Goal, who: string) {
  if (of === 'growth') return results.growth(who, name)
  if (of === 'figure') return results.spread(who, on, name)?.median
  const figure = results.suite.figures.find(one => one.name === name)
  return figure && results.factorToBest(who, against ?? [], on, figure)
}

function wantedOf({ of = 'factor', atLeast, atMost }: Goal): string {
  const sign = of === 'factor' ? '×' : ''
  return atLeast === undefined
    ? `<= ${sign}${atMost?.toLocaleString('en')}`
    : `>= ${sign}${atLeast.toLocaleString('en')}`
}
