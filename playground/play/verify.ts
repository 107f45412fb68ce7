import { differenceOf } from '../../src/cli/difference.ts'
import { statesAfter } from '../../src/cli/folded.ts'
import type { RecordedLine, RunRecord } from '../../src/cli/record.ts'
import { playScenario } from '../stage/play.ts'
import type { Scenario } from '../stage/scenario.ts'
import { standingIn } from './standing.ts'

/** The states of parties by id, as so many first frames of a record add up to them. @throws what `statesAfter` throws */
export function partiesAfter({ runtime: { party } }: Scenario, { lines }: RunRecord, frames: number) {
  return party ? statesAfter(party, lines, frames) : {}
}

/**
 * Plays the scenario of a record again with its seed, agents and all, and compares every line and the end with the recorded
 * ones; nothing, if all is the same.
 *
 * @throws the reason of the signal
 */
export async function playedOtherwise(
  scenario: Scenario,
  { seed = scenario.seed, lines, standing }: RunRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  const again: RecordedLine[] = []
  let isOver = false
  let otherEnd: string | undefined = 'it comes to no end'
  const add = (line: RecordedLine) => {
    // What JSON leaves out is not in the record either.
    if (!isOver) again.push(JSON.parse(JSON.stringify(line)))
  }
  await playScenario(scenario, {
    seed,
    signal,
    onFrame: frame => add({ kind: 'frame', frame }),
    onForgotten: partition => add({ kind: 'forgotten', partition }),
    onEnd: runtime => {
      isOver = true
      otherEnd = differenceOf(standingIn(runtime), standing)
    },
  })
  const difference = firstDifference(lines, again)
  if (difference !== undefined) return difference
  return otherEnd && `The end of the record differs from what is played: ${otherEnd}.`
}

function firstDifference(held: readonly RecordedLine[], again: readonly RecordedLine[]): string | undefined {
  for (const [place, line] of held.entries()) {
    const other = again[place]
    if (!other) return `${named(line, place)} does not come when it is played again.`
    const difference = differenceOf(other, line)
    if (difference !== undefined) return `${named(line, place)} differs from what is played: ${difference}.`
  }
  if (again.length === held.length) return undefined
  return `The record ends after ${held.length} lines; played again, there are ${again.length}.`
}

/** Names a line of the file. The first line of the file is its head. */
function named(line: RecordedLine, place: number): string {
  const what = line.kind === 'frame' ? `${line.frame.partition} at ${line.frame.position}` : line.partition
  return `Line ${place + 2} of the record, ${what},`
}
