import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { app, newFolder, work } from './directories.ts'

const program = join(import.meta.dirname, '..', '..', 'src', 'cli', 'bin.ts')

/** The first frames that the program serves to a page. */
async function framesOf(most: number, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=troupe-source', program, 'inspect', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const url of createInterface({ input: child.stdout })) {
    const socket = new WebSocket(url.replace(/inspect$/, 'ui'))
    onTestFinished(() => socket.close())
    const frames: { readonly kind: string; readonly actor?: string; readonly data: object }[] = []
    await new Promise<void>(resolve =>
      socket.on('message', message => {
        frames.push(JSON.parse(String(message)))
        if (frames.length === most) resolve()
      }),
    )
    return frames
  }
  throw new Error('It ended without serving anything.')
}

it('agents of a directory are inspected in their saved states, with the charts of the application', async () => {
  const directory = join(newFolder(), 'data')
  await work(directory)
  const frames = await framesOf(8, directory, '--app', app)
  const actors = frames.filter(({ kind }) => kind === 'actor').map(({ actor, data }) => [actor, data])
  expect(actors).toContainEqual([
    'party/p1/reminder',
    expect.objectContaining({ snapshot: expect.objectContaining({ value: 'waiting' }) }),
  ])
  expect(JSON.stringify(frames.filter(({ kind }) => kind === 'chart'))).toContain('86400000')
})

it('agents of a runtime that a module has started are inspected while they run', async () => {
  const module = join(newFolder(), 'started.ts')
  const index = join(import.meta.dirname, '..', '..', 'src', 'index.ts')
  writeFileSync(
    module,
    `import { createRuntime } from ${JSON.stringify(index)}
     import { party } from ${JSON.stringify(app)}
     export const runtime = createRuntime({ party }).start()
     await (await runtime).parties.create({ id: 'p1', inputs: ['a lamp'] })`,
  )
  const frames = await framesOf(6, '--app', module)
  expect(frames.map(({ actor }) => actor)).toContain('party/p1/supervisor')
})
