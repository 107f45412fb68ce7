/**
 * Bundles what the package ships into `dist`, one file for each entry and what they share: as a file for each module it took twice
 * as long to import. Readable, because stacks of users lead there, and without source maps, which would need the sources.
 */
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..', '..')
const entries = [
  'src/index',
  'src/events/sources/index',
  'src/inspect/index',
  'src/sqlite/index',
  'src/sqlite/worker',
  'src/testing/index',
  'src/cli/bin',
  'agents/index',
]

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(entries.map(entry => [entry, `${entry}.ts`])),
  platform: 'node',
  // What users install beside the package or with it, and the package itself by its name.
  external: /^[^./]/,
})
await bundle.write({
  dir: join(root, 'dist'),
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name]-[hash].js',
  comments: false,
})
await bundle.close()
