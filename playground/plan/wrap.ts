/** Breaks a line between words so that none is wider than `columns`; what follows is indented like the beginning. */
export function wrap(line: string, columns: number): readonly string[] {
  const indent = /^ */.exec(line)?.[0] ?? ''
  const lines: string[] = []
  let current = ''
  for (const word of line.slice(indent.length).split(/(?<=\S)\s(?=\S)/)) {
    const longer = current === '' ? `${indent}${word}` : `${current} ${word}`
    if (longer.length <= columns || current === '') current = longer
    else {
      lines.push(current)
      current = `${indent}${word}`
    }
  }
  return [...lines, current]
}
