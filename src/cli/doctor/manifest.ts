import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The fields of a package.json that are used here. */
export interface Manifest {
  readonly version?: string
  readonly engines?: { readonly node?: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** The package.json of a folder. @throws what the file system throws; SyntaxError */
export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The version of a package that is installed in a folder or above it; `undefined` if it is not installed. */
export function installedVersion(folder: string, name: string): string | undefined {
  try {
    return manifestIn(join(folder, 'node_modules', name)).version
  } catch {
    const above = dirname(folder)
    return above === folder ? undefined : installedVersion(above, name)
  }
}
