import { accessSync, constants } from 'node:fs'
import type { Found } from '../../../src/cli/doctor/check.ts'

/** Where the Chromium is that the suite of `npm run test:browser` opens pages in. */
export function browserPath(env: NodeJS.ProcessEnv): string {
  return env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
}

/** Whether there is a browser. Only the tests of Troupe itself need it. */
export function browserAt(path: string): Found {
  try {
    accessSync(path, constants.X_OK)
    return { how: 'ok', says: `There is one at ${path}.` }
  } catch {
    return {
      how: 'remark',
      says: `There is none at ${path}: npm run test:browser needs one.`,
      fix: 'Install Chromium (on Debian: apt-get install chromium), or say in CHROMIUM_PATH where it is.',
    }
  }
}
