import { systemClock } from '../clock.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { tell } from './output.ts'

/** Ctrl-C, or a signal to end. */
export class InterruptedError extends Error {}

/** Something took too long. */
export class LateError extends Error {
  constructor(ms: number) {
    super(`It took more than ${ms} ms. Give it more time with --timeout.`)
  }
}

/** Listens for Ctrl-C and SIGTERM: the first signal stops in order, the second ends at once. */
export function interruptible() {
  const interrupted = new AbortController()
  const end = () => {
    for (const name of signals) process.off(name, interrupt)
  }
  const interrupt = () => {
    end()
    for (const name of signals) process.once(name, () => process.exit(exitCodes.interrupted))
    interrupted.abort(new InterruptedError())
  }
  for (const name of signals) process.on(name, interrupt)
  return { signal: interrupted.signal, end }
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Runs work with a time limit in milliseconds. @throws LateError through its signal; the reason of the signal */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancelTimer = systemClock.after(ms, () => late.abort(new LateError(ms)))
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    cancelTimer()
  }
}

/** Runs work until it ends, is interrupted, or takes too long. */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const interruption = interruptible()
  try {
    return await work(interruption.signal)
  } catch (error) {
    if (error instanceof InterruptedError) return exitCodes.interrupted
    if (!(error instanceof LateError)) throw error
    tell(error.message)
    return exitCodes.timeout
  } finally {
    interruption.end()
  }
}
