import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Found, reasonOf } from '../../../src/cli/doctor/check.ts'
import { installedVersion, type Manifest, manifestIn } from '../../../src/cli/doctor/manifest.ts'
import { isWithin } from '../../../src/cli/doctor/range.ts'

/** A package may have another file for `require`, or one that refuses it. */
const asImported = new Set(['import', 'node', 'default'])

/** Whether the packages that parts of Troupe want beside it are there, in versions that it takes, and can be loaded. */
export async function optionalPackages(root: string): Promise<Found> {
  const wanted = optionalOf(manifestIn(root))
  const looks = await Promise.all(wanted.map(([name, range]) => trouble(root, name, range)))
  const troubles = looks.filter(one => one !== undefined)
  if (troubles.length > 0) return { how: 'failed', says: `${troubles.join('. ')}.`, fix: 'Install them: npm ci' }
  const versions = wanted.map(([name]) => `${name} ${installedVersion(root, name)}`)
  return { how: 'ok', says: `${versions.join(', ')}: each can be loaded.` }
}

function optionalOf({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest) {
  return Object.entries(peerDependencies).filter(([name]) => peerDependenciesMeta[name]?.optional)
}

async function trouble(root: string, name: string, range: string): Promise<string | undefined> {
  const version = installedVersion(root, name)
  if (version === undefined) return `${name} is not installed`
  if (!isWithin(version, range)) return `${name} is ${version}, but ${range} is needed`
  try {
    // The types of Node lack `conditions`.
    const how = { paths: [root], conditions: asImported }
    const file = createRequire(join(root, 'package.json')).resolve(name, how)
    await import(pathToFileURL(file).href)
    return undefined
  } catch (error) {
    return `${name} ${version} cannot be loaded: ${reasonOf(error)}`
  }
}
