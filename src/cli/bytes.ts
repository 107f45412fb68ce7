const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A size for people: `1.4 MiB`. */
export function bytes(size: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, size)) / 10)))
  const count = size / 1_024 ** power
  return `${power === 0 ? count : count.toFixed(1)} ${units[power]}`
}

/** A number of things: `1 party`, `1,200 parties`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}
