import type { WriteStream } from 'node:tty'
import { exitCodes } from './exit-codes.ts'

// Whoever reads may have had enough, as `head` has.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.environment)
  })

/** Prints a line of what was asked for. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Tells people something; programs that read the output do not see it. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Whether what is written there can be changed afterwards: it is a terminal that knows how to. */
export function isDrawable(out: WriteStream): boolean {
  return out.isTTY && process.env['TERM'] !== 'dumb'
}
