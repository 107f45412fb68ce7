#!/usr/bin/env node
import { checkNode } from '../node-version.ts'

/** The program. Older versions of Node can load this file, but not the rest of the package; then it prints the reason. */
try {
  checkNode(process.versions.node)
  const { troupe } = await import('./troupe.ts')
  process.exitCode = await troupe(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 3
}
