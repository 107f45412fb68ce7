import { TroupeError } from '../index.ts'

const units = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A time span: milliseconds, or a number with a unit, such as `2 min`. */
export type Duration = number | `${number} ${'ms' | 's' | 'min' | 'h' | 'd'}`

/** The milliseconds of a duration. @throws DurationError */
export function millisecondsOf(duration: Duration): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) (\w+)$/.exec(`${duration}`) ?? []
  const ms =
    typeof duration === 'number' ? duration : Math.round(Number(count) * (isUnit(unit) ? units[unit] : Number.NaN))
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new DurationError(duration)
  return ms
}

function isUnit(unit: string): unit is keyof typeof units {
  return Object.hasOwn(units, unit)
}

/** A text or number is no duration. */
export class DurationError extends TroupeError {
  readonly code = 'DURATION'
  readonly duration: unknown
  constructor(duration: unknown) {
    const listed = Object.keys(units).join(', ')
    super(
      `"${String(duration)}" is no duration. Use milliseconds from 0 on, or a number, a space and one of ${listed}: "2 min".`,
    )
    this.duration = duration
  }
}
