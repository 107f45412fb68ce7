import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { environmentFor, type Fact, factsIn, type Job } from './job.ts'
import { root } from './subjects.ts'

/** Milliseconds without any progress after which a mutant loops. A test has a limit of its own, which a busy loop does not meet. */
const stuckAfter = 30_000

export interface Ended {
  readonly facts: readonly Fact[]
  /** Whether vitest ended by itself; else it was stopped, or died. */
  readonly byItself: boolean
}

/** Runs vitest for a job, and stops it when it no longer goes on. */
export async function runJob(job: Omit<Job, 'log'>, tests: readonly string[]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'))
  const log = join(folder, 'log')
  writeFileSync(log, '')
  writeFileSync(join(folder, 'job.json'), JSON.stringify({ ...job, log }))
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--config', 'test/mutation/vitest.config.ts', ...tests]
  const child = spawn(process.execPath, [vitest, ...options], {
    cwd: root,
    env: environmentFor(join(folder, 'job.json')),
    stdio: process.env['MUTATION_DEBUG'] === undefined ? 'ignore' : 'inherit',
  })
  let isOver = false
  const over = new Promise<void>(resolve => child.once('exit', () => resolve())).then(() => void (isOver = true))
  const stop = () => child.kill('SIGKILL')
  process.once('exit', stop)
  try {
    let seen = 0
    let since = Date.now()
    let stopped = false
    while (!isOver) {
      await Promise.race([over, wait(300)])
      const facts = factsIn(log)
      if (facts.length > seen) since = Date.now()
      seen = facts.length
      const last = facts.at(-1)
      const isStuck = last?.kind === 'try' && Date.now() - since > stuckAfter
      const isKilled = job.always !== undefined && facts.some(({ kind }) => kind === 'killed')
      if (isStuck || isKilled || last?.kind === 'spoilt') {
        stopped = true
        stop()
        await over
      }
    }
    return { facts: existsSync(log) ? factsIn(log) : [], byItself: !stopped }
  } finally {
    process.off('exit', stop)
    rmSync(folder, { recursive: true, force: true })
  }
}
