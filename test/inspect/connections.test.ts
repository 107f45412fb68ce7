import { once } from 'node:events'
import type { InspectorServer } from 'troupe/inspect'
import { createSimulatedClock, type SimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { command, dogAgent } from '../support/pets.ts'
import { settle, turn, turns } from '../support/runtime.ts'
import { until } from './news.ts'
import { look, served, upgrade, type Wire, wire } from './served.ts'

async function servedOn(options: { readonly viewers?: number; readonly most?: number } = {}) {
  const clock = createSimulatedClock()
  return { clock, ...(await served({ ...options, clock })) }
}

/** Lets so many seconds pass in small steps; resolves to the seconds after which the connection was closed. */
async function closedWithin(seconds: number, { clock, server, client }: Looked): Promise<number> {
  const began = clock.now()
  const closed = until(() => client.isClosed).then(() => (clock.now() - began) / 1_000)
  // When this request is answered, the server knows of all connections that came before.
  await look(server, '/nowhere')
  for (let step = 0; step < seconds * 10; step++) {
    clock.advance(100)
    await turn()
  }
  return await closed
}

interface Looked {
  readonly clock: SimulatedClock
  readonly server: InspectorServer
  readonly client: Wire
}

/** Writes bytes, and resolves to the status of the answer. */
async function statusOf(server: InspectorServer, bytes: string): Promise<number> {
  const client = await wire(server, bytes)
  await until(() => client.text.includes('\r\n\r\n') || client.isClosed)
  return Number(client.text.split(' ', 2)[1])
}

/** A viewer that opens its WebSocket and then does nothing: it answers no ping. */
async function silentViewer(server: InspectorServer): Promise<Wire> {
  const client = await wire(server, upgrade('/ui'))
  await until(() => client.text.startsWith('HTTP/1.1 101'))
  return client
}

const halfFrame = Uint8Array.of(0x81, 0xfe, 0x00)
const hugeFrame = Uint8Array.of(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4)
const longPing = Uint8Array.of(0x89, 0xfd, 0, 0, 0, 0, ...Array.from({ length: 125 }, () => 1))
const closing = Uint8Array.of(0x88, 0x80, 0, 0, 0, 0)
const unmaskedFrame = Uint8Array.of(0x81, 0x01, 0x41)

const phases: readonly (readonly [string, readonly (string | Uint8Array)[]])[] = [
  ['nothing', []],
  ['half a request', ['GET /ui HTT']],
  ['headers that do not end', ['GET /ui HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n']],
  ['a request for an unknown path', ['GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n']],
  ['half a body', ['POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf']],
  ['an upgrade to an unknown path', [upgrade('/nowhere')]],
  ['an upgrade under a foreign name', [upgrade('/ui', { host: 'example.com' })]],
  ['an upgrade without a key', [upgrade('/ui', { 'sec-websocket-key': '' })]],
  ['an upgrade', [upgrade('/ui')]],
  ['an upgrade and half a frame', [upgrade('/ui'), halfFrame]],
  ['an upgrade and a frame that is too long', [upgrade('/ui'), hugeFrame]],
  ['bytes of no protocol', [Uint8Array.from({ length: 100 }, (_, n) => n)]],
]

describe('a connection', () => {
  it.each(phases)('that is reset after %s does not end other connections', async (_, sent) => {
    const { server } = await servedOn()
    for (let times = 0; times < 20; times++) {
      const client = await wire(server)
      for (const bytes of sent) client.write(bytes)
      // Resets at once, when all bytes are on their way, and when they have been read.
      await turns(times % 4)
      client.reset()
    }
    await until(() => server.viewers === 0)
    expect((await look(server, '/ui')).status).toBe(101)
  })

  it.each(phases.slice(0, 3))('that has sent %s is closed after 5 seconds', async (_, sent) => {
    const { server, clock } = await servedOn()
    const client = await wire(server)
    for (const bytes of sent) client.write(bytes)
    expect(await closedWithin(6, { clock, server, client })).toBeGreaterThanOrEqual(5)
  })

  it('that is refused and stays open is closed after 5 seconds', async () => {
    const { server, clock } = await servedOn()
    const client = await wire(server, upgrade('/nowhere'))
    await until(() => client.text.startsWith('HTTP/1.1 404'))
    await closedWithin(6, { clock, server, client })
  })

  it('without a request is closed when many more connections come', async () => {
    const { server } = await servedOn()
    const first = await wire(server)
    const others = await Promise.all(Array.from({ length: 200 }, () => wire(server, 'GET /')))
    await until(() => first.isClosed && others.filter(({ isClosed }) => !isClosed).length <= 64)
    expect((await look(server, '/ui')).status).toBe(101)
  })

  it.each([
    ['a frame that is too long', hugeFrame],
    ['a frame without a mask', unmaskedFrame],
  ])('of a viewer that sends %s is closed', async (_, bytes) => {
    const { server } = await servedOn()
    const client = await silentViewer(server)
    client.write(bytes)
    await until(() => client.isClosed && server.viewers === 0)
  })
})

describe('a viewer', () => {
  it('that sends half a frame gets frames like any other', async () => {
    const { runtime, server } = await servedOn()
    const client = await silentViewer(server)
    client.write(halfFrame)
    await runtime.spawn(dogAgent())
    await until(() => client.text.includes('runtime/dog'))
    expect(client.isClosed).toBe(false)
  })

  it('that answers no ping is closed after half a minute', async () => {
    const { server, clock, observers } = await servedOn()
    const client = await silentViewer(server)
    // Also when the date changes.
    clock.set(clock.now() - 3_600_000)
    expect(await closedWithin(45, { clock, server, client })).toBeGreaterThanOrEqual(30)
    await until(() => server.viewers === 0)
    expect(observers()).toBe(0)
  })

  it('that answers pings stays, also without frames for a long time', async () => {
    const { server, clock } = await servedOn()
    const { socket } = await look(server, '/ui')
    for (let pings = 0; pings < 10; pings++) {
      const pinged = once(socket, 'ping')
      clock.advance(10_000)
      await pinged
      // When this request is answered, the server has also read the answer to the ping.
      await look(server, '/nowhere')
    }
    expect(server.viewers).toBe(1)
  })

  it('that reads slowly and answers late stays, because it reads its frames', async () => {
    const { runtime, server, clock } = await servedOn({ most: 200_000 })
    const dog = await runtime.spawn(dogAgent())
    const { socket, frames } = await look(server, '/ui')
    await until(() => frames.length > 2)
    socket.pause()
    const word = 'x'.repeat(5_000)
    await Promise.all(Array.from({ length: 1_000 }, () => dog.send(command({ word }))))
    await runtime.idle()
    clock.advance(20_000)
    socket.resume()
    // The ping comes when the viewer has read nearly all waiting frames.
    await until(() => frames.some(frame => Object(frame).kind === 'gap'))
    socket.pause()
    clock.advance(25_000)
    socket.resume()
    await settle()
    expect(server.viewers).toBe(1)
  })

  it('that answers no ping is closed for a new viewer', async () => {
    const { server, clock } = await servedOn({ viewers: 2 })
    const { socket } = await look(server, '/ui')
    const silent = await silentViewer(server)
    await until(() => server.viewers === 2)
    // When this request is answered, the server has also read the answer of the other viewer.
    await look(server, '/nowhere')
    clock.advance(1_000)
    expect((await look(server, '/ui')).status).toBe(101)
    await until(() => silent.isClosed)
    expect(server.viewers).toBe(2)
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('that sends pings and does not read gets answers up to the limit of waiting bytes', async () => {
    const { server } = await servedOn({ most: 1_000 })
    const client = await silentViewer(server)
    client.pause()
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => longPing))
    for (let times = 0; times < 250; times++) client.write(pings)
    client.write(closing)
    // More bytes than the operating system buffers.
    await client.flushed()
    client.resume()
    await until(() => server.viewers === 0)
    expect(client.text.length).toBeLessThan(250 * pings.length * 0.9)
  })
})

describe('the stop of a server', () => {
  it.each(phases)('does not wait for a connection that has sent %s', async (_, sent) => {
    const { server, clock } = await servedOn()
    const client = await wire(server)
    for (const bytes of sent) client.write(bytes)
    await settle()
    const stopping = server.stop()
    clock.advance(999)
    await stopping
    await until(() => client.isClosed)
  })

  it('ends with the first call, however often it is called', async () => {
    const { server, clock } = await servedOn()
    await silentViewer(server)
    const over: string[] = []
    const stops = [server.stop().then(() => over.push('first')), server.stop().then(() => over.push('second'))]
    await turn()
    expect(over).toEqual([])
    clock.advance(500)
    await Promise.all(stops)
    await server.stop()
    expect(over).toEqual(['first', 'second'])
  })

  it('closes a viewer during its upgrade', async () => {
    const { server, observers } = await servedOn()
    const request = upgrade('/ui')
    const client = await wire(server, request.slice(0, 60))
    await settle()
    client.write(request.slice(60))
    await server.stop()
    await until(() => client.isClosed)
    expect(observers()).toBe(0)
  })
})

describe('a request', () => {
  it.each([['localhost'], ['LocalHost:80'], ['127.0.0.1:65535']])(
    'to %s is accepted as one to this machine',
    async host => {
      const { server } = await servedOn()
      expect(await statusOf(server, upgrade('/ui', { host }))).toBe(101)
    },
  )

  it.each([
    [''],
    ['example.com'],
    ['localhost.'],
    ['localhost.example.com'],
    ['127.0.0.1.example.com'],
    ['localhost:'],
    ['localhost:0'],
    ['localhost:65536'],
    ['localhost:80:80'],
    ['localhost:8o'],
    ['user@localhost'],
    ['example.com@127.0.0.1'],
    ['localhost/path'],
    ['localhost?query'],
    ['localhost#part'],
    ['localhost\\example.com'],
    ['http://localhost'],
    ['127.1'],
    ['0x7f.0.0.1'],
    ['2130706433'],
    ['0.0.0.0'],
    ['[::1]'],
    ['[::ffff:127.0.0.1]:80'],
    ['%6cocalhost'],
    ['localhost, localhost'],
  ])('to the name "%s" is refused', async host => {
    const { server } = await servedOn()
    expect(await statusOf(server, upgrade('/ui', { host }))).toBe(403)
    expect(await statusOf(server, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBe(403)
  })

  it.each([
    ['no name', []],
    [
      'two names',
      [
        ['host', 'localhost'],
        ['host', 'example.com'],
      ],
    ],
    [
      'the same name twice',
      [
        ['host', 'localhost'],
        ['Host', 'localhost'],
      ],
    ],
    [
      'two origins',
      [
        ['host', 'localhost'],
        ['origin', 'http://localhost'],
        ['origin', 'http://example.com'],
      ],
    ],
  ])('with %s is refused', async (_, headers) => {
    const { server } = await servedOn()
    expect(await statusOf(server, upgrade('/ui', headers))).toBe(403)
  })

  it.each([
    ['https://example.com', 403],
    ['null', 403],
    ['', 403],
    ['file://', 403],
    ['http://localhost.example.com', 403],
    ['http://localhost@example.com', 403],
    ['http://example.com@localhost', 403],
    ['http://127.1', 403],
    ['http://localhost/path', 403],
    ['http://localhost:3000', 101],
    ['https://127.0.0.1', 101],
  ])('of a page from "%s" is answered with %i', async (origin, status) => {
    const { server } = await servedOn()
    expect(await statusOf(server, upgrade('/ui', { origin }))).toBe(status)
  })

  it.each(['/', '/ui/', '/inspect/..', '/__proto__', 'http://localhost/ui', '//ui', '/UI', '/%75i'])(
    'for the unknown path %s is refused',
    async path => {
      const { server } = await servedOn()
      expect(await statusOf(server, upgrade(path))).toBe(404)
      expect(await statusOf(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toBe(404)
    },
  )

  it('that is refused gets an answer that says why, and what to use instead', async () => {
    const { server } = await servedOn()
    const client = await wire(server, 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')
    await until(() => client.isClosed)
    expect(client.text).toContain(`http://127.0.0.1:${server.port}`)
  })
})
