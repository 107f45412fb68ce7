import { styleText } from 'node:util'
import { marked } from '../../../src/cli/marks.ts'
import { changedLines } from './changed-lines.ts'
import { changesIn } from './changes.ts'
import type { BeginRun, RunEnd } from './running.ts'

/** What is watched, and what happens then. */
export interface WatchOptions {
  /** What names of files are relative to. */
  readonly root: string
  /** A change in one of these begins the next run. */
  readonly folders: readonly string[]
  readonly begin: BeginRun
  /** Writes a line for people. */
  readonly line: (text: string) => void
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
}

/**
 * Plays, and plays again whenever a file changes. The first run is shown whole, later runs show what is different.
 *
 * @throws the reason of the signal; what the disk says when it cannot be watched
 */
export async function watch({ root, folders, begin, line, signal }: WatchOptions): Promise<never> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  givenUp.catch(() => {})
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  const changes = await changesIn(root, folders)
  let last: RunEnd | undefined
  try {
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted()
      const changed = changes.next()
      const isTold = last === undefined
      const running = begin(isTold ? line : () => {})
      try {
        const end = await Promise.race([running.ended, changed.then(() => undefined), givenUp])
        if (end && !isTold) for (const text of difference(last, end)) line(text)
        if (end && !end.count) line(`${marked('failed')}  not played to the end: ${end.how}`)
        if (end?.count) last = end
      } finally {
        await running.stop()
      }
      if (isFirst) line(`Watching ${folders.join(', ')}. Ctrl-C ends it.`)
      line(`Changed: ${named(await Promise.race([changed, givenUp]))}`)
    }
  } finally {
    await changes.close()
  }
}

/** The lines that a later run shows: what is different, or all lines if the run was not played to its end. */
function difference(last: RunEnd | undefined, { lines, count }: RunEnd): readonly string[] {
  const changed = last && count && changedLines(last.lines, lines)
  if (!changed) return lines
  const words = `${marked(count.ok === count.of ? 'ok' : 'failed')}  `
  const counted = `${count.ok} of ${count.of} ok`
  return changed.length === 0 ? [`${words}as before: ${counted}`] : [...changed.map(coloured), `${words}now ${counted}`]
}

function coloured(line: string): string {
  if (line.startsWith(' ')) return line
  return styleText(line.startsWith('+') ? 'green' : 'red', line, { stream: process.stderr })
}

/** How many names of files are printed at most. */
const mostNamed = 5

function named(names: readonly string[]): string {
  const first = names.slice(0, mostNamed).join(', ')
  return names.length > mostNamed ? `${first} and others` : first
}
