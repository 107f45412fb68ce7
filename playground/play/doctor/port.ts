import { createServer } from 'node:net'
import type { Found } from '../../../src/cli/doctor/check.ts'
import { ports } from '../../../src/cli/ports.ts'

const tries = ports.last - ports.first + 1

/**
 * Whether a port of this machine is free. If not, names the next free port.
 *
 * @param wanted the port to begin with
 */
export async function port(wanted: number, signal: AbortSignal): Promise<Found> {
  for (let one = wanted; one < wanted + tries; one++) {
    signal.throwIfAborted()
    if (!(await isFree(one))) continue
    const figures = { port: one }
    if (one === wanted) return { how: 'ok', says: `Port ${wanted} is free.`, figures }
    return { how: 'remark', says: `Port ${wanted} is taken; the next free one is ${one}.`, figures }
  }
  return {
    how: 'remark',
    says: `The ports ${wanted} to ${wanted + tries - 1} are taken.`,
    fix: 'Name another one: npm run play -- inspect --port N',
  }
}

/** @throws what `listen` says, unless it is that the port is taken */
function isFree(one: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    server.listen(one, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
