import { exitCodes } from '../exit-codes.ts'

/** Somebody has had enough. */
export class InterruptedError extends Error {}

/** Listens for Ctrl-C: the first stops in order, the second at once. */
export function interruptible() {
  const interrupted = new AbortController()
  const interrupt = () => {
    process.once('SIGINT', () => process.exit(exitCodes.interrupted))
    interrupted.abort(new InterruptedError())
  }
  process.once('SIGINT', interrupt)
  const { signal } = interrupted
  const isOver = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  return { signal, isOver, end: () => void process.off('SIGINT', interrupt) }
}
