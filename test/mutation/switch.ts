/**
 * Which mutant is active. All mutants of a file are in one module, behind switches, so that no module is loaded again for a
 * mutant. The state hangs on `globalThis`, because the runner and the mutated modules may load this file separately.
 */
export interface Switches {
  /** The number of the active mutant; 0 for none. */
  active: number
  /** The mutants whose places were reached since `reached` was emptied; `undefined` while nobody asks. */
  reached: Set<number> | undefined
  /** How often any switch was asked. */
  work: number
  /** The work after which the switches throw, because the mutant loops. */
  limit: number
}

declare global {
  var troupeSwitches: Switches | undefined
}

globalThis.troupeSwitches ??= { active: 0, reached: undefined, work: 0, limit: Number.POSITIVE_INFINITY }
export const switches: Switches = globalThis.troupeSwitches

/** Whether a mutant is active; the code of a mutated module asks this at each place. */
export function isActive(mutant: number): boolean {
  if (++switches.work > switches.limit) throw new Error(`The mutant did more than ${switches.limit} steps: it loops.`)
  switches.reached?.add(mutant)
  return mutant === switches.active
}
