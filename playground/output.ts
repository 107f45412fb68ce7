import type { WriteStream } from 'node:tty'
import { exitCodes } from './exit-codes.ts'

const isGone = ({ code }: NodeJS.ErrnoException) => code === 'EPIPE'

// Whoever reads may have had enough, as `head` has: then there is no more to do.
process.stdout.on('error', error => process.exit(isGone(error) ? exitCodes.ok : exitCodes.environment))
// What people are told is not what is to be done: that goes on, and ends as it would have.
process.stderr.on('error', error => {
  if (!isGone(error)) process.exit(exitCodes.environment)
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
