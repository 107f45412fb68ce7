/**
 * Bundles what the package ships: a file for each entry, and what they share. As a file for each module it took twice as long to
 * import. Readable, because the stacks of users lead there, and without source maps, which would need the sources.
 *
 *     node test/package/bundle.ts   into `dist`
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
  'src/testing/paths/index',
  'src/testing/vitest/index',
  'src/cli/bin',
  'agents/index',
]

/** Writes the bundle into a folder. */
export async function bundle(folder: string): Promise<void> {
  const bundled = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map(entry => [entry, `${entry}.ts`])),
    platform: 'node',
    // What users install beside the package or with it, and the package itself by its name.
    external: /^[^./]/,
  })
  await bundled.write({
    dir: folder,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name]-[hash].js',
    comments: false,
  })
  await bundled.close()
}

if (import.meta.main) await bundle(join(root, 'dist'))
