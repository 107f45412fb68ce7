import { writeSync } from 'node:fs'

/** Writes to the parent process synchronously, so that no line is lost when this process is killed. */
export function report(value: unknown): void {
  let left = Buffer.from(`${JSON.stringify(value)}\n`)
  while (left.length > 0) left = left.subarray(written(left))
}

/** Writes as many bytes as the pipe has room for, because the reader may be slow; returns their number. */
function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}
