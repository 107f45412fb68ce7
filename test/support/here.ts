import { format } from 'node:util'
import { vi } from 'vitest'
import { command as planning } from '../../playground/plan/command.ts'
import { play as playing } from '../../playground/play/play.ts'
import { troupe as looking } from '../../src/cli/troupe.ts'
import type { Ran } from './command.ts'

/**
 * The commands of `command.ts` in this process, for tests of their results and their output. A process of its own for each
 * takes ten times as long. How a process starts, is interrupted and ends is tested with `command.ts`.
 */

/** Plans a party. */
export function plan(...args: readonly string[]): Promise<Ran> {
  return run(planning, args)
}

/** Plays scenarios. */
export function play(...args: readonly string[]): Promise<Ran> {
  return run(playing, args)
}

/** Runs the command line of the package. */
export function troupe(...args: readonly string[]): Promise<Ran> {
  return run(looking, args)
}

let isRunning = false

async function run(command: (args: readonly string[]) => Promise<number>, args: readonly string[]): Promise<Ran> {
  // The outputs of two commands at once could not be told apart.
  if (isRunning) throw new Error('Run one command after the other.')
  isRunning = true
  let [out, err] = ['', '']
  const into = (add: (text: string) => void) => (chunk: unknown) => {
    add(String(chunk))
    return true
  }
  const { NO_COLOR, FORCE_COLOR } = process.env
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into(text => (out += text))),
    vi.spyOn(process.stderr, 'write').mockImplementation(into(text => (err += text))),
    vi.spyOn(console, 'error').mockImplementation((...said) => void (err += `${format(...said)}\n`)),
  ]
  process.env['NO_COLOR'] = '1'
  delete process.env['FORCE_COLOR']
  try {
    return { code: await command(args), out, err }
  } finally {
    for (const spy of spies) spy.mockRestore()
    restore({ NO_COLOR, FORCE_COLOR })
    isRunning = false
  }
}

function restore(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
