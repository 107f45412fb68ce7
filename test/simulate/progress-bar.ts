/** Characters of the bar. */
const width = 30

interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** A line on a terminal that shows how much is done; nothing where there is no terminal. */
export class ProgressBar {
  readonly #terminal: Terminal | undefined

  constructor(terminal: Terminal | undefined) {
    this.#terminal = terminal?.isTTY ? terminal : undefined
  }

  /** @param part from 0 to 1 */
  show(part: number, text: string): void {
    const full = Math.min(width, Math.floor(part * width))
    this.#terminal?.write(`\r\u001B[K[${'='.repeat(full).padEnd(width)}] ${text}`)
  }

  clear(): void {
    this.#terminal?.write('\r\u001B[K')
  }
}
