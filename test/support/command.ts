import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const project = join(import.meta.dirname, '..', '..')
const programs = { plan: join('playground', 'plan', 'cli.ts'), play: join('playground', 'play', 'begin.ts') }

/** How a command has ended. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The JSON Lines that it has printed. */
export function linesOf({ out }: Ran) {
  return out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** A running command. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves when it has printed this text, to stdout or stderr, or has ended. */
  printed(text: string): Promise<void>
  /** The first line on stdout. */
  line(): Promise<string>
  readonly ended: Promise<Ran>
}

/** Runs the command that plans a party as a person would, with its output in pipes. */
export function plan(...args: readonly string[]): Promise<Ran> {
  return begin(...args).ended
}

/** Runs that command in a process that sends itself a signal as soon as it has printed a text. */
export function planUntil(text: string, signal: NodeJS.Signals, ...args: readonly string[]): Promise<Ran> {
  return beginUntil(text, signal, ...args).ended
}

/** Starts that command, in the same way. */
export function beginUntil(text: string, signal: NodeJS.Signals, ...args: readonly string[]): Running {
  const signalling = `--import=${join(import.meta.dirname, 'signal-when-printed.ts')}`
  return beginCommand('plan', args, project, { NODE_OPTIONS: signalling, TEXT: text, SIGNAL: signal })
}

/** Starts the command that plans a party. */
export function begin(...args: readonly string[]): Running {
  return beginCommand('plan', args)
}

/** Runs the command that plays scenarios. */
export function play(...args: readonly string[]): Promise<Ran> {
  return beginPlay(...args).ended
}

/** Starts the command that plays scenarios. */
export function beginPlay(...args: readonly string[]): Running {
  return beginCommand('play', args)
}

/** Starts the command that plays scenarios in another copy of the project. */
export function beginPlayIn(root: string, ...args: readonly string[]): Running {
  return beginCommand('play', args, root)
}

/** Starts the command that plays scenarios with a directory of its own for temporary files. */
export function beginPlayWith(temporary: string, ...args: readonly string[]): Running {
  return beginCommand('play', args, project, { TMPDIR: temporary })
}

function beginCommand(
  command: keyof typeof programs,
  args: readonly string[],
  root = project,
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(process.execPath, ['--conditions=troupe-source', join(root, programs[command]), ...args], {
    env: {
      PATH: process.env['PATH'],
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: join(tmpdir(), 'troupe-compile-cache'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  const waiting: (() => void)[] = []
  const check = () => {
    for (const look of waiting) look()
  }
  child.stdout.on('data', chunk => {
    out += chunk
    check()
  })
  child.stderr.on('data', chunk => {
    err += chunk
    check()
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, out, err }))
  })
  /** Resolves when a condition holds, or the command has ended. */
  const until = async (isSo: () => boolean) => {
    const found = new Promise<void>(resolve => {
      const look = () => {
        if (isSo()) resolve()
      }
      waiting.push(look)
      look()
    })
    await Promise.race([found, ended])
  }
  const printed = (text: string) => until(() => out.includes(text) || err.includes(text))
  const line = async () => {
    await until(() => out.includes('\n'))
    return out.slice(0, out.indexOf('\n'))
  }
  return { child, printed, line, ended }
}
