import { Script } from 'node:vm'
import { serveInspector } from 'troupe/inspect'
import { createSimulatedClock } from 'troupe/testing'
import { expect, it, onTestFinished } from 'vitest'
import { dogAgent } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'
import { noted, until } from './news.ts'
import { served } from './served.ts'

/** Runs the script of a page like a browser, with an inspector that only collects its messages. */
async function openPage(url: string) {
  const html = await (await fetch(url)).text()
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(html) ?? []
  const clock = createSimulatedClock()
  const posted: object[] = []
  const contentWindow = {
    postMessage(event: object) {
      posted.push(event)
      noted()
    },
  }
  let hear = (_: object) => {}
  let sockets = 0
  new Script(script).runInNewContext({
    document: { getElementById: () => ({ src: 'http://localhost/inspector', contentWindow }) },
    window: { addEventListener: (_: string, listener: typeof hear) => void (hear = listener) },
    location: new URL(url),
    URL,
    setTimeout(run: () => void, ms: number) {
      clock.after(ms, run)
      noted()
    },
    WebSocket: class extends WebSocket {
      constructor(address: string) {
        super(address)
        sockets++
        noted()
        onTestFinished(() => this.close())
      }
    },
  })
  const connected = () => hear({ data: { type: '@statelyai.connected' }, source: contentWindow })
  return { clock, posted, connected, sockets: () => sockets }
}

it('the page around an inspector connects again when its server is back', async () => {
  const { runtime } = await startRuntime()
  await runtime.spawn(dogAgent())
  const first = await serveInspector(runtime, { stately: 'http://localhost/inspector' })
  const { clock, posted, connected } = await openPage(first.url)
  connected()
  await until(() => posted.length > 1)
  await first.stop()
  // The server is away for a while.
  for (let tries = 0; tries < 3; tries++) {
    await until(() => clock.pending === 1)
    clock.advance(1_000)
  }
  posted.length = 0
  const second = await serveInspector(runtime, { stately: 'http://localhost/inspector', port: first.port })
  onTestFinished(() => second.stop())
  // One more try fails, or had begun before the server was back.
  await until(() => clock.pending === 1 || posted.length > 1)
  clock.advance(1_000)
  await until(() => posted.length > 1)
  expect(posted[0]).toMatchObject({ type: '@xstate.actor', sessionId: 'runtime/supervisor' })
  expect(second.viewers).toBe(1)
})

it('the page around an inspector does not connect again when it was closed for another viewer', async () => {
  const { runtime } = await startRuntime()
  const server = await serveInspector(runtime, { stately: 'http://localhost/inspector', viewers: 1 })
  onTestFinished(() => server.stop())
  const [first, second] = [await openPage(server.url), await openPage(server.url)]
  first.connected()
  await until(() => first.posted.length > 0)
  second.connected()
  await until(() => second.posted.length > 0)
  await settle()
  expect(first.clock.pending).toBe(0)
})

it('the page around an inspector has one connection, also when the inspector is loaded again', async () => {
  const { server } = await served({ stately: 'http://localhost/inspector' })
  const { clock, posted, connected, sockets } = await openPage(server.url)
  connected()
  await until(() => posted.length > 0)
  connected()
  await until(() => sockets() === 2 && clock.pending === 1)
  clock.advance(1_000)
  await until(() => server.viewers === 1)
  expect(sockets()).toBe(2)
})
