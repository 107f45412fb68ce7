import type { Found } from '../../../src/cli/doctor/check.ts'
import { installedVersion, manifestIn } from '../../../src/cli/doctor/manifest.ts'

/** How many packages are named before the rest are counted. */
const mostNamed = 5

/** Whether every package is installed in exactly the version that package.json names. */
export function packages(root: string): Found {
  const { dependencies, devDependencies } = manifestIn(root)
  const wanted = Object.entries({ ...dependencies, ...devDependencies })
  const wrong = wanted.flatMap(([name, version]) => {
    const installed = installedVersion(root, name)
    if (installed === version) return []
    return [installed === undefined ? `${name} is not installed` : `${name} is ${installed} instead of ${version}`]
  })
  if (wrong.length === 0) return { how: 'ok', says: `All ${wanted.length} packages are those that package.json names.` }
  const more = wrong.length > mostNamed ? `, and ${wrong.length - mostNamed} more are wrong` : ''
  return { how: 'failed', says: `${wrong.slice(0, mostNamed).join(', ')}${more}.`, fix: 'Install them: npm ci' }
}
