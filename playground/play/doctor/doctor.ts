import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ports } from '../ports.ts'
import { browserAt, browserPath } from './browser.ts'
import { type Check, examined, type Finding, type Found } from './check.ts'
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

interface Consultation {
  /** Milliseconds that each check may take. */
  readonly limit?: number
  /** Somebody has had enough. */
  readonly signal: AbortSignal
  /** Is told of each check as soon as it is over. */
  readonly told: (finding: Finding) => void
}

/** Makes checks one after the other; whether nothing that is needed is missing. @throws the reason of the signal */
export async function consulted(
  checks: readonly Check[],
  { limit = 10_000, signal, told }: Consultation,
): Promise<boolean> {
  let ok = true
  for (const check of checks) {
    const finding = await examined(check, { limit, signal })
    if (finding.how === 'failed') ok = false
    told(finding)
  }
  return ok
}
