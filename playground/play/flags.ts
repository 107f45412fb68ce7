import { wholeNumber } from '../../src/cli/arguments.ts'
import { onOff, valued } from '../../src/cli/flag.ts'
import { UsageError } from '../../src/cli/usage-error.ts'

/** The flags of more than one command. */
export const json = onOff(
  'JSON Lines on stdout and nothing else; of run, every frame that is written to the journal, and for each scenario a last line with its result',
)

export const seed = valued('N', 'another history: the same number gives the same one', text =>
  wholeNumber('--seed', text),
)

export const speed = valued(
  'N',
  'so many times faster than a clock on the wall, instead of as fast as it goes',
  speedOf,
)

/** Milliseconds that one scenario may take. */
export const timeout = valued(
  'T',
  'how long one scenario may take, such as 30s, 500ms or 2m; 60s by default',
  milliseconds,
  '60s',
)

export const quiet = onOff('only what fails')

export const verbose = onOff('what is said, too')

function speedOf(text: string): number {
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new UsageError(`--speed is "${text}". Give a number above 0, for example --speed 10.`)
}

const units = { ms: 1, s: 1_000, m: 60_000 }

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? []
  const ms = Number(count) * (unit === 'ms' || unit === 's' || unit === 'm' ? units[unit] : Number.NaN)
  // Node fires a timer at once if its delay is longer than this.
  if (ms > 0 && ms <= 2_147_483_647) return ms
  throw new UsageError(`--timeout is "${text}". Say for example 30s, 500ms or 2m.`)
}
