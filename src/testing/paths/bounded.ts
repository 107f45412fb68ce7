import type { Arbitrary } from 'fast-check'
import { TroupeError } from '../../index.ts'

/** How many values in a row may be refused before the search for one is given up. */
const mostRefused = 10_000

/** The values that pass a test. Unlike the filter of fast-check, it ends when there are none. @throws ArbitraryError */
export function only<T>(values: Arbitrary<T>, test: (value: T) => boolean, what: string): Arbitrary<T> {
  let refused = 0
  return values.filter(value => {
    if (test(value)) refused = 0
    else if (++refused > mostRefused)
      throw new ArbitraryError(what, `none of ${mostRefused} values in a row passes its checks`)
    return refused === 0
  })
}

/** No values can be generated for a schema. */
export class ArbitraryError extends TroupeError {
  readonly code = 'ARBITRARY'
  /** The part of the schema. */
  readonly what: string
  constructor(what: string, why: string, cause?: unknown) {
    super(
      `No values can be generated for ${what}: ${why}. Give values of your own, for example with fc.constantFrom.`,
      {
        cause,
      },
    )
    this.what = what
  }
}
