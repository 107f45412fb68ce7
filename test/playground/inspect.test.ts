import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Reading, stately } from '../inspect/stately.ts'
import { beginPlay } from '../support/command.ts'
import { play } from '../support/here.ts'

/** Takes a port of this machine: the given one, or any. */
async function takenPort(port = 0): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  // Another test may have the port for a moment. A program that keeps it serves the same purpose here.
  await vi.waitFor(() => once(server.listen(port, '127.0.0.1'), 'listening'), { timeout: 5_000 }).catch(() => {})
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

/** Some tests start a process, on a machine that may be busy. */
describe('the command that serves a scenario to viewers', { timeout: 60_000 }, () => {
  const begin = async (...args: readonly string[]) => {
    const running = beginPlay('inspect', ...args)
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await running.printed('begins when somebody looks')
    const url = await running.line()
    return { ...running, url }
  }

  it('plays when a viewer connects, and shows the end until Ctrl-C', async () => {
    const { child, printed, ended, url } = await begin('watchdog', '--port', '0', '--speed', '1000')
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/inspect$/)
    const early = new Reading()
    stately.createWebSocketReceiver({ server: url }).subscribe(early.read)
    await printed('It is over.')
    const late = new Reading()
    const read = once(new WebSocket(url.replace('/inspect', '/ui')), 'message')
    stately.createWebSocketReceiver({ server: url }).subscribe(late.read)
    const [{ data }] = await read
    expect(JSON.parse(data)).toMatchObject({ v: 1, seq: 1, kind: 'chart' })
    await expect.poll(() => [...late.actors]).toEqual([...early.actors])
    expect(late.actors.get('runtime/host')).toMatchObject({ snapshot: { status: 'active' } })
    child.kill('SIGINT')
    const { code, err } = await ended
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('✓ done    0.0 s  The DJ plays') })
  })

  it('serves the inspector of Stately on demand, and says that its page comes from another site', async () => {
    const { child, ended, url } = await begin('--stately', '--port', '0')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    expect(await (await fetch(url)).text()).toContain('https://stately.ai')
    child.kill('SIGINT')
    const { code, err } = await ended
    expect({ code, err }).toEqual({ code: 130, err: expect.stringContaining('comes from https://stately.ai') })
    expect(err).toContain('jungle-party begins when somebody looks.')
  })

  it('takes the next port when none was named and the first is taken', async () => {
    await takenPort(4_300)
    const { child, ended, url } = await begin('watchdog')
    expect(Number(new URL(url).port)).toBeGreaterThan(4_300)
    child.kill('SIGINT')
    expect((await ended).err).toContain('Port 4300 is taken.')
  })

  it('ends with 3 when the port that was named is taken', async () => {
    const port = await takenPort()
    const { code, out, err } = await play('inspect', 'watchdog', '--port', `${port}`)
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain(`cannot be served on port ${port}`)
  })

  it.each([
    ['an invalid port', ['inspect', '--port', '70000'], '--port is "70000"'],
    ['two scenarios', ['inspect', 'saga', 'watchdog'], 'Name one scenario'],
    ['an unknown scenario', ['inspect', 'watchdgo'], 'Did you mean "watchdog"?'],
  ])('ends with 2 on %s', async (_, args, said) => {
    expect(await play(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) })
  })
})
