/**
 * Loaded before a round that is compared: the round is the one of this checkout, and the package that it measures, with what that
 * stands on, is the one of the folder in `TROUPE_BENCH_CHECKOUT`. Both sides of a comparison do exactly the same.
 */

import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = process.env['TROUPE_BENCH_CHECKOUT'] ?? ''
const here = pathToFileURL(`${join(import.meta.dirname, '../..')}/`).href
const there = pathToFileURL(`${folder}/`).href
const bench = `${here}test/bench/`

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context
    if (parentURL === undefined || !parentURL.startsWith(bench) || specifier.startsWith('node:'))
      return nextResolve(specifier, context)
    if (!specifier.startsWith('.')) return nextResolve(specifier, { ...context, parentURL: `${there}package.json` })
    const { href } = new URL(specifier, parentURL)
    return nextResolve(href.startsWith(bench) ? href : href.replace(here, there), context)
  },
})
