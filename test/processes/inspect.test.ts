import { once } from 'node:events'
import { createServer } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Reading, stately } from '../inspect/stately.ts'
import { beginPlay } from '../support/command.ts'

/** Takes the first port that the command tries. A program that has it already serves the same purpose. */
async function takeFirstPort(): Promise<void> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(4_300, '127.0.0.1'), 'listening').catch(() => {})
}

describe('the command that serves a scenario to viewers', () => {
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
    const { promise: hasAll, resolve } = Promise.withResolvers<void>()
    stately.createWebSocketReceiver({ server: url }).subscribe(event => {
      late.read(event)
      if (isDeepStrictEqual([...late.actors], [...early.actors])) resolve()
    })
    const [{ data }] = await read
    expect(JSON.parse(data)).toMatchObject({ v: 1, seq: 1, kind: 'chart' })
    await hasAll
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
    await takeFirstPort()
    const { child, ended, url } = await begin('watchdog')
    expect(Number(new URL(url).port)).toBeGreaterThan(4_300)
    child.kill('SIGINT')
    expect((await ended).err).toContain('Port 4300 is taken.')
  })
})
