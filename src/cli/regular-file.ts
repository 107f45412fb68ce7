import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'

const chunk = 1_024 * 1_024

/** The text of a regular file. @throws UnfitFileError; what the file system throws */
export function readRegularFile(file: string, mostBytes: number): string {
  checkRegular(file, mostBytes)
  // The file may be replaced by a pipe meanwhile, and opening a pipe would wait for its writer.
  const from = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    checkKind(file, fstatSync(from))
    return readAll(file, from, mostBytes).toString('utf8')
  } finally {
    closeSync(from)
  }
}

/** The first bytes of a file, one character for each byte. @throws what the file system throws */
export function beginningOf(file: string, bytes: number): string {
  const from = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const begin = Buffer.alloc(bytes)
    return begin.toString('latin1', 0, readSync(from, begin))
  } finally {
    closeSync(from)
  }
}

/** @throws UnfitFileError unless it is a regular file, and not too long; what the file system throws */
export function checkRegular(file: string, mostBytes: number): void {
  const stats = statSync(file)
  checkKind(file, stats)
  if (stats.size > mostBytes) throw new UnfitFileError(file, tooLong(mostBytes))
}

/** Reads to the end, not to the size that the system reports: a file may grow, and the files in `/proc` have the size 0. */
function readAll(file: string, from: number, mostBytes: number): Buffer {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const next = Buffer.allocUnsafe(chunk)
    const read = readSync(from, next)
    if (read === 0) return Buffer.concat(chunks)
    size += read
    if (size > mostBytes) throw new UnfitFileError(file, tooLong(mostBytes))
    chunks.push(next.subarray(0, read))
  }
}

/** @throws UnfitFileError */
export function checkKind(file: string, stats: Stats): void {
  if (!stats.isFile()) throw new UnfitFileError(file, `it is ${kindOf(stats)}, not a file`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

function tooLong(mostBytes: number): string {
  return `it has more than ${mostBytes / chunk} MiB`
}

/** The path names something that is not a file, or a file that is too long. */
export class UnfitFileError extends Error {
  constructor(file: string, why: string) {
    super(`"${file}" cannot be used: ${why}. Name another file.`)
  }
}
