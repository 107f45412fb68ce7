import { AssertionError } from 'node:assert/strict'

/** A promise of a port, and a test of it. */
export interface ContractCase {
  /** A sentence about what is tested. */
  readonly name: string
  /** Rejects when the promise is not kept. */
  run(): Promise<void>
}

/**
 * A case for each check.
 *
 * @param create makes what one case tests
 * @param close is called after each case, even if its check has failed
 */
export function casesOf<T>(
  checks: Readonly<Record<string, (tested: T) => void | Promise<void>>>,
  create: () => T | Promise<T>,
  close: (tested: T) => void | Promise<void> = () => {},
): readonly ContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    async run() {
      const tested = await create()
      try {
        await check(tested)
      } catch (error) {
        throw error instanceof AssertionError ? brokenBy(name, error) : error
      } finally {
        await close(tested)
      }
    },
  }))
}

/** The error of a check, with the promise that is not kept in front of it: test runners do not always show both. */
function brokenBy(name: string, { message, actual, expected, operator }: AssertionError): AssertionError {
  return new AssertionError({ message: `The contract promises: it ${name}. ${message}`, actual, expected, operator })
}
