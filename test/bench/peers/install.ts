import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** Installs what the benchmarks compare with, exactly as locked, unless it is there. */
export async function installPeers(say: (text: string) => void): Promise<void> {
  // npm writes the inner file last, so it tells of a whole installation; a lock that is newer asks for something else.
  const installed = writtenAt('node_modules', '.package-lock.json')
  if (installed >= writtenAt('package-lock.json')) return
  say('installing the peers into test/bench/peers/node_modules')
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
  npm.stdout.pipe(process.stderr)
  const [code] = await once(npm, 'close')
  if (code !== 0) throw new Error('npm could not install the peers; see test/bench/README.md')
}

function writtenAt(...path: readonly string[]): number {
  return statSync(join(import.meta.dirname, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
