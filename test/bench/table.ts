/** Rows as text in columns: the first to the left, all others to the right, those without any text left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const columns = head.map((_, column) => column).filter(column => column === 0 || rows.some(row => row[column]))
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    columns
      .map(column => {
        const text = row[column] ?? ''
        const width = widths[column] ?? 0
        return column === 0 ? text.padEnd(width) : text.padStart(width)
      })
      .join('   ')
      .trimEnd()
  return all.map(line).join('\n')
}

/** A figure in three digits that count, such as `1.24M`, `385` or `2.10`; below 1, in two. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 999_500) return `${threeDigits(value / 1_000_000)}M`
  if (size >= 9_995) return `${threeDigits(value / 1_000)}k`
  if (size >= 100) return Math.round(value).toLocaleString('en')
  return threeDigits(value)
}

function threeDigits(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size > 0 && size < 1) return value.toPrecision(2)
  return value.toFixed(size >= 10 ? 1 : 2)
}
