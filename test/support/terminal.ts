import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A person at a terminal, in which a program runs. */
export interface Terminal {
  /** Resolves when this text was written to it, or the program has ended. */
  shows(text: string): Promise<void>
  type(keys: string): void
  readonly ended: Promise<Seen>
}

/** What a terminal showed until its program ended. */
export interface Seen {
  readonly code: number | null
  /** All written characters, with control sequences. */
  readonly written: string
}

export interface TerminalOptions {
  /** Characters in a line; 100 by default. */
  readonly columns?: number
  readonly env?: Readonly<Record<string, string>>
}

export const keys = { down: '\u001b[B', enter: '\r', interrupt: '\u0003' }

/** Runs a program in a terminal of its own, made by `script` of util-linux, which ends with the test. */
export function inTerminal(program: string, args: readonly string[], options: TerminalOptions = {}): Terminal {
  const { columns = 100, env = {} } = options
  const command = [process.execPath, '--conditions=troupe-source', program, ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 40; exec ${command}`, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      SHELL: '/bin/sh',
      TERM: 'xterm',
      NODE_COMPILE_CACHE: join(tmpdir(), 'troupe-compile-cache'),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  let [written, isOver] = ['', false]
  child.stdout.setEncoding('utf8').on('data', chunk => {
    written += chunk
  })
  const ended = once(child, 'close').then(([code]) => {
    isOver = true
    return { code, written: written.replaceAll('\r\n', '\n') }
  })
  return {
    ended,
    type: text => void child.stdin.write(text),
    async shows(text) {
      while (!isOver && !written.includes(text)) await Promise.race([once(child.stdout, 'data'), ended])
    },
  }
}

/** The contents of each line, in order. All except the last were overwritten. */
export function drawnIn({ written }: Seen): readonly (readonly string[])[] {
  return written.split('\n').map(line => line.split('\u001b[1G\u001b[2K'))
}
