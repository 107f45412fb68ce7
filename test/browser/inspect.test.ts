import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Runtime } from 'troupe'
import { inspectInto, type StatelyEvent, serveInspector } from 'troupe/inspect'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Attach, arrivals, expectFollowed, expectSame } from '../inspect/followed.ts'
import { stately, statelyServer } from '../inspect/stately.ts'
import { startRuntime } from '../support/runtime.ts'
import { openPage, type Page } from './chromium.ts'
import { serveInspectorPage } from './inspector-page.ts'

/** A page, and the address of another one that stands in for Stately's inspector. */
async function openInspector() {
  const opened = await openPage()
  const stub = await serveInspectorPage()
  return {
    ...opened,
    stub,
    /** To whom that one tells what it is told. */
    reads: (read: (event: StatelyEvent) => void) =>
      opened.context.exposeFunction('told', (events: readonly StatelyEvent[]) => {
        for (const event of events) read(event)
      }),
    /** It is at Stately's address, too. */
    atStately: () =>
      opened.context.route(/^https:\/\/stately\.ai\//, async route => {
        const { pathname } = new URL(route.request().url())
        await route.fulfill({ response: await route.fetch({ url: new URL(pathname, stub).href }) })
      }),
  }
}

type Inspector = Awaited<ReturnType<typeof openInspector>>

/** As long as a browser takes. */
const patiently = async (isSo: () => boolean) => {
  await vi.waitUntil(isSo, { timeout: 60_000 })
}

/** Shows what happens in a runtime in the page that is served. */
async function showServed(runtime: Runtime, page: Page, inspector: string | true) {
  const server = await serveInspector(runtime, { stately: inspector })
  onTestFinished(() => server.stop())
  await page.goto(server.url)
  await patiently(() => server.viewers === 1)
}

/** The relay of Stately, on this machine alone. */
async function startRelay() {
  const port = await freePort()
  const relay = statelyServer.createInspectorServer({
    port: { host: '127.0.0.1', port, toString: () => `${port}` },
    autoOpen: false,
  })
  onTestFinished(() => relay.stop())
  return {
    /** Resolves when its page has its socket, and the page in it is there. */
    async open(page: Page) {
      await page.goto(`http://127.0.0.1:${port}`)
      await page.waitForFunction('ws.readyState === WebSocket.OPEN && connected')
    },
    inspect(runtime: Runtime) {
      const inspector = stately.createWebSocketInspector({
        url: `ws://127.0.0.1:${port}`,
        maxDeferredEvents: 10_000,
        serializationDepthLimit: 40,
      })
      onTestFinished(() => inspector.stop())
      onTestFinished(inspectInto(runtime, inspector))
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The page as it comes to the runtime, and which strangers it asks. */
type Way = readonly [string, (opened: Inspector, runtime: Runtime) => Promise<void>, readonly string[]]

const ways: readonly Way[] = [
  ['the page that is served', ({ page, stub }, runtime) => showServed(runtime, page, stub), []],
  [
    "Stately's own relay and page",
    async ({ page, atStately }, runtime) => {
      await atStately()
      const relay = await startRelay()
      await relay.open(page)
      relay.inspect(runtime)
    },
    ['https://stately.ai'],
  ],
]

describe.each(ways)('in a browser, %s', (_, show, strangers) => {
  it.each(arrivals)('tells of %i agents how each stands after each step, to one who came %s', async (count, when) => {
    const opened = await openInspector()
    const attach: Attach = async (runtime, { read }) => {
      await opened.reads(read)
      await show(opened, runtime)
    }
    await expectFollowed(count, when, attach, patiently)
    expect(opened.elsewhere()).toEqual(strangers)
    expect(opened.errors).toEqual([])
  })
})

describe('in a browser', () => {
  it('the page that is served tells the inspector at the address of Stately, if asked to', async () => {
    const { page, reads, atStately, errors, elsewhere } = await openInspector()
    await atStately()
    const attach: Attach = async (runtime, { read }) => {
      await reads(read)
      await showServed(runtime, page, true)
    }
    await expectFollowed(5, 'late', attach, patiently)
    expect(elsewhere()).toEqual(['https://stately.ai'])
    expect(errors).toEqual([])
  })

  it('an inspector that is loaded again is told how everything stands', async () => {
    const { page, stub, reads, errors } = await openInspector()
    const attach: Attach = async (runtime, { read }) => {
      await reads(read)
      await showServed(runtime, page, stub)
    }
    const { reading, dogs } = await expectFollowed(5, 'early', attach, patiently)
    reading.actors.clear()
    await page.frames()[1]?.evaluate('location.reload()')
    await expectSame(reading, dogs.slice(1), patiently)
    expect(reading.actors.has('runtime/dog-0')).toBe(false)
    expect(errors).toEqual([])
  })

  it('a page that comes to the relay of Stately afterwards is told what that keeps', async () => {
    const { page, reads, atStately, errors } = await openInspector()
    await atStately()
    const relay = await startRelay()
    const attach: Attach = async (runtime, { read }) => {
      await reads(read)
      relay.inspect(runtime)
      await relay.open(page)
    }
    const { reading, dogs } = await expectFollowed(5, 'early', attach, patiently)
    reading.actors.clear()
    await page.reload()
    await expectSame(reading, dogs, patiently)
    expect(errors).toEqual([])
  })

  it('the page that is served is filled by the inspector, and does not scroll', async () => {
    const { page, stub, reads } = await openInspector()
    const { runtime } = await startRuntime()
    await reads(() => {})
    await showServed(runtime, page, stub)
    const whole = await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')
    expect(whole).toEqual(await page.evaluate('[innerWidth, innerHeight]'))
  })
})
