#!/usr/bin/env node
import { checkNode } from '../node-version.ts'

/** The program. It can be loaded by older versions of Node than the rest of the package, and says so. */
try {
  checkNode(process.versions.node)
  const { troupe } = await import('./troupe.ts')
  process.exitCode = await troupe(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 3
}
