import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { LifeOrders } from './life.ts'
import type { PlayedStep } from './stage.ts'

/** What happened in processes that are dead. */
export interface Lived {
  readonly steps: readonly PlayedStep[]
  /** Milliseconds since the scenario began. */
  readonly at: number
}

interface LivedStep {
  readonly played: PlayedStep
  readonly at: number
}

/**
 * Plays the steps of a scenario up to the last one whose process is killed: each life in a process of its own, on a journal
 * in a directory, and each ended by SIGKILL.
 *
 * @throws the reason of the signal; LifeError if a process ends before it is killed
 */
export async function livedBefore(
  { id, steps }: { readonly id: string; readonly steps: readonly { readonly isKilled?: boolean }[] },
  { seed, directory, signal }: { readonly seed: number; readonly directory: string; readonly signal: AbortSignal },
): Promise<Lived> {
  const lived: PlayedStep[] = []
  let at = 0
  for (const [place, { isKilled }] of steps.entries()) {
    if (!isKilled) continue
    const orders: LifeOrders = { id, seed, directory, from: lived.length, to: place + 1, at }
    for await (const { played, at: now } of stepsOf(orders, signal)) {
      lived.push(played)
      at = now
    }
    if (lived.at(-1)?.done === false) break
  }
  return { steps: lived, at }
}

async function* stepsOf(orders: LifeOrders, signal: AbortSignal): AsyncGenerator<LivedStep> {
  const isSource = import.meta.url.endsWith('.ts')
  const program = fileURLToPath(new URL(isSource ? 'life.ts' : 'life.js', import.meta.url))
  const conditions = isSource ? ['--conditions=troupe-source'] : []
  const child = spawn(process.execPath, [...conditions, program, JSON.stringify(orders)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (_, by) => resolve(by))
  })
  const said = text(child.stderr)
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    let left = orders.to - orders.from
    for await (const line of createInterface({ input: child.stdout })) {
      const step: LivedStep = JSON.parse(line)
      yield step
      left--
      if (left === 0) kill()
      if (!step.played.done) return
    }
    if ((await ended) !== 'SIGKILL') throw new LifeError(await said)
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
    await ended
  }
  signal.throwIfAborted()
}

/** A process that was to be killed ended before. */
export class LifeError extends Error {
  constructor(said: string) {
    super(`The process ended before it was killed: ${said.trim()}`)
  }
}
