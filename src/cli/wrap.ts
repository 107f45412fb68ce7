/** Breaks a line between words, so that no line is wider than `columns`. The next lines are indented like the first word. */
export function wrap(line: string, columns: number): readonly string[] {
  const beginning = /^ *(?:- |\d\. )?/.exec(line)?.[0] ?? ''
  const indent = ' '.repeat(beginning.length)
  const lines: string[] = []
  let current = ''
  for (const word of line.slice(beginning.length).split(/(?<=\S)\s(?=\S)/)) {
    const longer = current === '' ? `${beginning}${word}` : `${current} ${word}`
    if (longer.length <= columns || current === '') current = longer
    else {
      lines.push(current)
      current = `${indent}${word}`
    }
  }
  return [...lines, current]
}
