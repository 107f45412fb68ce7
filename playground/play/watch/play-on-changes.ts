import { join } from 'node:path'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { hasColours, tell } from '../../../src/cli/output.ts'
import { inProcesses } from './running.ts'
import { watch } from './watch.ts'

/** Runs the same command line whenever a file changes, each time in another process. @throws the reason of the signal */
export function playOnChanges(signal: AbortSignal): Promise<never> {
  const args = process.argv.slice(1).filter(arg => arg !== '--watch')
  const env = hasColours(process.stderr) ? { ...process.env, FORCE_COLOR: '1' } : process.env
  // A signal that ends this process ends the other process too.
  process.once('SIGHUP', () => process.exit(exitCodes.interrupted))
  return watch({
    root: join(import.meta.dirname, '..', '..', '..'),
    folders: ['src', 'agents', 'playground'],
    begin: inProcesses([...process.execArgv, ...args], { env }),
    line: tell,
    signal,
  })
}
