import type { WriteStream } from 'node:tty'
import { isDrawable, writeLine } from '../../src/cli/output.ts'

/** How far long work has come. */
export interface Bar {
  /** So much of it is done. */
  at(done: number): void
  /** Writes a line above it. */
  line(text: string): void
  end(): void
}

/** Milliseconds that work takes before it is called long, and between two lines where nothing can be drawn. */
const patience = { drawn: 1_000, lines: 2_000 }
const width = 20

/** Whether a line was printed by a bar. */
export function isBarLine(line: string): boolean {
  return /^\[#*-*\] \d+\/\d+ .* to go$/.test(line)
}

/**
 * Shows how far work has come once it takes more than a second: on a terminal in place, elsewhere as a line every two seconds.
 *
 * @param total how much there is to do
 * @param what of what, such as "scenarios"
 */
export function createBar(out: WriteStream, total: number, what: string, quiet: boolean): Bar {
  const isTerminal = isDrawable(out)
  const began = performance.now()
  let [done, isDrawn, told] = [0, false, began]

  const text = () => {
    const filled = Math.round((done / Math.max(1, total)) * width)
    const seconds = Math.ceil((((performance.now() - began) / Math.max(1, done)) * (total - done)) / 1_000)
    return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${done}/${total} ${what}, about ${seconds} s to go`
  }
  const wipe = () => {
    if (!isDrawn) return
    out.cursorTo(0)
    out.clearLine(0)
    isDrawn = false
  }
  const draw = () => {
    const now = performance.now()
    if (quiet || done === 0 || done >= total || now - began < patience.drawn) return
    if (isTerminal) {
      wipe()
      // What goes on in the next line could not be wiped.
      out.write(text().slice(0, out.columns - 1))
      isDrawn = true
    } else if (now - told >= patience.lines) {
      told = now
      out.write(`${text()}\n`)
    }
  }
  return {
    at(count) {
      done = count
      draw()
    },
    line(text) {
      wipe()
      writeLine(out, text)
      if (isTerminal) draw()
    },
    end: wipe,
  }
}
