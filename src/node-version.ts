import { TroupeError } from './errors.ts'

/** The oldest Node that Troupe runs on, as `engines` of its package says. */
const least = { major: 22, minor: 13 } as const

/**
 * Nothing of Troupe works on a Node that is too old, and what fails first says nothing of that.
 *
 * @param version such as `22.13.0`
 * @throws NodeVersionError
 */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < least.major || (major === least.major && minor < least.minor)) throw new NodeVersionError(version)
}

/** This Node is older than any that Troupe runs on. */
export class NodeVersionError extends TroupeError {
  readonly code = 'NODE_VERSION'
  readonly version: string
  constructor(version: string) {
    super(
      `Troupe needs Node ${least.major}.${least.minor} or newer, and this is ${version}. Install a newer one: https://nodejs.org.`,
    )
    this.version = version
  }
}
