/** The rooms of `src`. Each may import the rooms before it. */
export const rooms: readonly string[] = [
  'foundation',
  'values',
  'events',
  'time',
  'mail',
  'transport',
  'bus',
  'agent',
  'invoke',
  'actor',
  'supervision',
  'journal',
  'state',
  'partition',
  'work',
  'lifecycle',
  'readers',
  'recovery',
  'kinds',
  'party',
  'runtime',
  'index',
  'sqlite',
  'inspect',
  'testing',
  'cli',
]

const foundation = [
  'src/around.ts',
  'src/backoff.ts',
  'src/errors.ts',
  'src/fifo.ts',
  'src/following.ts',
  'src/clock.ts',
  'src/ids.ts',
  'src/lazily.ts',
  'src/lazy-maps.ts',
  'src/log.ts',
  'src/nearest.ts',
  'src/node-version.ts',
  'src/options.ts',
  'src/thrown.ts',
]

/** The room of a file of `src`. */
export function roomOf(file: string): string {
  if (foundation.includes(file)) return 'foundation'
  const [, second = ''] = file.split('/')
  return second.replace(/\.ts$/, '')
}
