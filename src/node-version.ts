import { TroupeError } from './errors.ts'

/** The oldest Node that Troupe runs on, as `engines` of its package says. */
const least = { major: 22, minor: 13 } as const

/**
 * Refuses a Node that is too old. Without this check, something would fail with an error that does not name the reason.
 *
 * @param version such as `22.13.0`
 * @throws NodeVersionError
 */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < least.major || (major === least.major && minor < least.minor)) throw new NodeVersionError(version)
}

/** This Node is too old for Troupe. */
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
