import { diffArrays } from 'diff'

/** Milliseconds that two reports are compared for. */
const patience = 2_000

/**
 * The lines that came or went from one report to the next, each under the line that it belongs to; `undefined` if the two have
 * too little in common. How long something took is no difference.
 */
export function changedLines(before: readonly string[], after: readonly string[]): readonly string[] | undefined {
  const comparator = (one: string, other: string) => timeless(one) === timeless(other)
  const parts = diffArrays([...before], [...after], { comparator, timeout: patience })
  if (!parts) return undefined
  const lines: string[] = []
  let [heading, shown] = ['', '']
  for (const { value, added, removed } of parts)
    for (const line of value) {
      if (!line.startsWith(' ')) heading = line
      if (!added && !removed) continue
      if (heading !== shown && heading !== line) lines.push(`  ${heading}`)
      shown = heading
      lines.push(`${added ? '+' : '-'} ${line}`)
    }
  return lines
}

function timeless(line: string): string {
  return line.replace(/, \d+ ms$/, '')
}
