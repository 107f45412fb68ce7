const waiting = new Set<() => void>()
let isDue = false

/**
 * Something has come through a socket or a window, or a stream has begun or ended: `until` looks again, when all code that hears of
 * it has run.
 */
export function noted(): void {
  if (isDue) return
  isDue = true
  setImmediate(() => {
    isDue = false
    for (const look of waiting) look()
  })
}

/** Resolves when a condition holds. It looks only when something is noted. */
export function until(isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (!isSo()) return
    waiting.delete(look)
    resolve()
  }
  waiting.add(look)
  look()
  return promise
}
