import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check, Found } from '../../../src/cli/doctor/check.ts'
import { ports } from '../../../src/cli/ports.ts'
import { browserAt, browserPath } from './browser.ts'
import { journal } from './journal.ts'
import { nodeVersion } from './node-version.ts'
import { optionalPackages } from './optional-packages.ts'
import { packages } from './packages.ts'
import { port } from './port.ts'
import { processes } from './processes.ts'
import { terminal } from './terminal.ts'
import { writable } from './writable.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** All that programs here stand on. What is loaded for it needs no package, so that it can be said which are missing. */
export const checks: readonly Check[] = [
  { name: 'node', look: () => nodeVersion(root, process.versions.node) },
  { name: 'packages', look: () => packages(root) },
  { name: 'optional packages', look: () => optionalPackages(root) },
  {
    name: 'temporary files',
    look: signal => writable(tmpdir(), 'Name another directory: TMPDIR=DIR npm run play -- ...', signal),
  },
  {
    name: 'present directory',
    look: async signal =>
      asRemark(await writable(process.cwd(), 'Name files and directories elsewhere to --record and --data.', signal)),
  },
  { name: 'journal', look: signal => journal(tmpdir(), signal) },
  { name: 'processes', look: signal => processes(process.execPath, signal) },
  { name: 'port', look: signal => port(ports.first, signal) },
  { name: 'browser', look: () => browserAt(browserPath(process.env)) },
  { name: 'terminal', look: () => terminal(process.stderr) },
]

/** What is not as it could be, where nobody needs that. */
function asRemark(found: Found): Found {
  return found.how === 'failed' ? { ...found, how: 'remark' } : found
}

/** What is said of all checks together. */
export const verdicts = ['Everything here can run.', 'Something that is needed is not there.'] as const
