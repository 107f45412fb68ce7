import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Check, Found } from './check.ts'
import { installedVersion, type Manifest, manifestIn } from './manifest.ts'
import { isWithin } from './range.ts'

/** What the optional packages are for. */
const uses: Readonly<Record<string, string>> = {
  kysely: 'a journal on SQLite',
  ws: 'inspect',
  vitest: 'troupe/testing/vitest',
  'fast-check': 'troupe/testing/paths',
  '@statelyai/inspect': 'an inspector of your own',
}

/** The folder of this package. */
export const home = homeOf(import.meta.dirname)

function homeOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : homeOf(dirname(folder))
}

/** Checks that the peer dependencies of Troupe are installed, in versions that it supports. */
export const packageChecks: readonly Check[] = [
  { name: 'node', look: () => node(manifestIn(home), process.versions.node) },
  { name: 'packages', look: () => needed(manifestIn(home)) },
  { name: 'more packages', look: () => optional(manifestIn(home)) },
]

function node({ engines, version = '' }: Manifest, found: string): Found {
  const range = engines?.node ?? '>=0'
  if (isWithin(found, range)) return { how: 'ok', says: `Node is ${found}, and Troupe ${version}.` }
  return {
    how: 'failed',
    says: `Node is ${found}, but ${range} is needed.`,
    fix: 'Install a newer Node: https://nodejs.org',
  }
}

function needed(manifest: Manifest): Found {
  const all = peersOf(manifest, false)
  const wrong = all.flatMap(one => troubleOf(one))
  if (wrong.length === 0)
    return { how: 'ok', says: `${all.map(({ name, version }) => `${name} ${version}`).join(', ')}.` }
  return { how: 'failed', says: `${wrong.join(', ')}.`, fix: `Install them: ${installing(all)}` }
}

function optional(manifest: Manifest): Found {
  const all = peersOf(manifest, true)
  const there = all.filter(({ version }) => version !== undefined)
  const wrong = there.flatMap(one => troubleOf(one))
  if (wrong.length > 0)
    return { how: 'failed', says: `${wrong.join(', ')}.`, fix: `Install them: ${installing(there)}` }
  const named = there.map(({ name, version }) => `${name} ${version}`)
  const absent = all.filter(({ version }) => version === undefined)
  const without = absent.map(({ name }) => `${name} (for ${uses[name]})`)
  if (absent.length === 0) return { how: 'ok', says: `${named.join(', ')}.` }
  return { how: 'ok', says: `${[...named, `not there: ${without.join(', ')}`].join(', ')}.` }
}

interface Peer {
  readonly name: string
  readonly range: string
  readonly version: string | undefined
}

function peersOf({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest, isOptional: boolean): readonly Peer[] {
  return Object.entries(peerDependencies).flatMap(([name, range]) =>
    (peerDependenciesMeta[name]?.optional ?? false) === isOptional
      ? [{ name, range, version: installedVersion(home, name) }]
      : [],
  )
}

function troubleOf({ name, range, version }: Peer): readonly string[] {
  if (version === undefined) return [`${name} is not installed`]
  return isWithin(version, range) ? [] : [`${name} is ${version}, but ${range} is needed`]
}

function installing(peers: readonly Peer[]): string {
  return `npm install ${peers.map(({ name, range }) => `${name}@${range}`).join(' ')}`
}
