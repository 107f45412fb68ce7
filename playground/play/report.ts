import type { Frame } from 'troupe'
import { type Look, marked } from '../../src/cli/marks.ts'
import { visible } from '../../src/cli/visible.ts'
import type { PlayedAssert } from '../stage/play.ts'
import type { Scenario } from '../stage/scenario.ts'
import type { PlayedStep } from '../stage/stage.ts'
import type { Ended } from './run-one.ts'

/** What people read of a play, line by line. */
export class Report {
  readonly #line: (text: string) => void
  readonly #quiet: boolean

  /**
   * @param line writes a line
   * @param quiet whether only failures are shown
   */
  constructor(line: (text: string) => void, quiet: boolean) {
    this.#line = line
    this.#quiet = quiet
  }

  begins({ id, title }: Scenario, seed: number): void {
    if (!this.#quiet) this.#line(`${id}: ${title} (seed ${seed})`)
  }

  told(scenario: string, one: PlayedStep | PlayedAssert): void {
    const isGood = 'does' in one ? one.done : one.holds
    if (this.#quiet && isGood) return
    const [look, text]: [Look, string] =
      'does' in one
        ? [one.done ? 'done' : 'failed', `${(one.at / 1_000).toFixed(1)} s  ${one.does}`]
        : [one.holds ? 'holds' : 'fails', one.that]
    if (this.#quiet) this.#line(`${scenario}:`)
    this.#line(`  ${marked(look)}  ${text}`)
    if (one.why !== undefined) for (const line of one.why.split('\n')) this.#line(`           ${line}`)
  }

  /** One line for what agents and people said in a frame. */
  frame({ entries }: Frame): void {
    for (const entry of entries)
      if (entry.kind === 'event' || entry.kind === 'asked')
        this.#line(
          `           ${visible(`${entry.envelope.source} says ${entry.envelope.type} ${JSON.stringify(entry.envelope.data)}`)}`,
        )
  }

  ended({ id, ok, ms, seed, asserts, why }: Ended): void {
    if (!ok) {
      // The line of a failed step says why already.
      if (why !== undefined && asserts.length === 0) this.#line(`  ${marked('failed')}  ${why}`)
      this.#line(`  Play it again: npm run play -- run ${id} --seed ${seed} --verbose`)
    }
    if (this.#quiet) return
    const held = asserts.filter(({ holds }) => holds).length
    this.#line(`  ${marked(ok ? 'ok' : 'failed')}  ${held} of ${asserts.length} hold, ${ms} ms\n`)
  }

  all(ends: readonly Ended[], wanted: number): void {
    if (wanted < 2 || this.#quiet) return
    const good = ends.filter(({ ok }) => ok).length
    const left = wanted - ends.length
    const others = `${ends.length - good} failed${left > 0 ? `, ${left} not played` : ''}`
    this.#line(`${marked(good === wanted ? 'ok' : 'failed')}  ${wanted} scenarios: ${good} ok, ${others}`)
  }
}
