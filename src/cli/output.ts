import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import { exitCodes } from './exit-codes.ts'
import { printable } from './visible.ts'

const isGone = ({ code }: NodeJS.ErrnoException) => code === 'EPIPE'

// The reader may close stdout early, as `head` does. Then there is no more to do.
process.stdout.on('error', error => process.exit(isGone(error) ? exitCodes.ok : exitCodes.environment))
// When stderr is closed, the work goes on, and the exit code stays what it would have been.
process.stderr.on('error', error => {
  if (!isGone(error)) process.exit(exitCodes.environment)
})

/** Prints a line of the result, on stdout. */
export function say(line: string): void {
  writeLine(process.stdout, line)
}

/** Prints a line for people, on stderr; programs that read stdout do not see it. */
export function tell(line: string): void {
  writeLine(process.stderr, line)
}

/** Writes a line without control characters; only colours are kept. */
export function writeLine(out: NodeJS.WritableStream, line: string): void {
  out.write(`${printable(line, () => hasColours(out))}\n`)
}

/** Whether text on this stream may be coloured. */
export function hasColours(stream: NodeJS.WritableStream): boolean {
  return styleText('red', 'x', { stream }) !== 'x'
}

/** Whether written text can be replaced later: the stream is a terminal that can move its cursor. */
export function isDrawable(out: WriteStream): boolean {
  return out.isTTY && process.env['TERM'] !== 'dumb'
}
