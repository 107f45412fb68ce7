import type { Found } from '../../../src/cli/doctor/check.ts'
import { manifestIn } from '../../../src/cli/doctor/manifest.ts'
import { isWithin } from '../../../src/cli/doctor/range.ts'

/** Whether the project runs on this version of Node. */
export function nodeVersion(root: string, version: string): Found {
  const range = manifestIn(root).engines?.node ?? '>=0'
  if (isWithin(version, range)) return { how: 'ok', says: `Node is ${version}, and ${range} is needed.` }
  return {
    how: 'failed',
    says: `Node is ${version}, but ${range} is needed.`,
    fix: 'Begin it with npm run, which takes the Node of this project; npm ci installs it.',
  }
}
