import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type InspectorServer, recorded, type ServeOptions, type Source, serveStreams } from 'troupe/inspect'
import { describe, expect, it, onTestFinished } from 'vitest'
import { command, dogAgent } from '../support/pets.ts'
import { until } from './news.ts'
import { look, served, upgrade, wire } from './served.ts'

async function get({ port }: InspectorServer, headers: Record<string, string> = {}) {
  const [response] = await once(request({ port, host: '127.0.0.1', path: '/', headers }).end(), 'response')
  const chunks: string[] = []
  for await (const chunk of response) chunks.push(`${chunk}`)
  return { status: Number(response.statusCode), text: chunks.join('') }
}

async function streaming(source: Source<object>, options?: ServeOptions) {
  const server = await serveStreams({ '/inspect': source }, options)
  onTestFinished(() => server.stop())
  return server
}

describe('the server', () => {
  it('observes the runtime only while there are viewers', async () => {
    const { server, observers } = await served()
    expect(observers()).toBe(0)
    const { socket } = await look(server, '/ui')
    await until(() => observers() === 1 && server.viewers === 1)
    socket.close()
    await until(() => observers() === 0 && server.viewers === 0)
  })

  it('serves both kinds of frames, to several viewers', async () => {
    const { runtime, server } = await served()
    const [one, other] = await Promise.all([look(server, '/inspect'), look(server, '/ui')])
    await runtime.spawn(dogAgent())
    await until(() => one.frames.length > 3 && other.frames.length > 3)
    expect(one.frames[0]).toMatchObject({ type: '@xstate.actor', sessionId: 'runtime/supervisor' })
    expect(other.frames.slice(0, 2)).toMatchObject([
      { v: 1, seq: 1, kind: 'chart' },
      { v: 1, seq: 2, kind: 'actor', actor: 'runtime/supervisor' },
    ])
  })

  it('accepts only connections from this machine', async () => {
    const { server } = await served({ stately: true })
    const status = async (headers: Record<string, string>) => (await look(server, '/ui', headers)).status
    expect(await status({ origin: 'https://example.com' })).toBe(403)
    expect(await status({ origin: 'null' })).toBe(403)
    expect(await status({ host: 'inspector.example.com' })).toBe(403)
    expect(await status({ origin: `http://localhost:${server.port}` })).toBe(101)
    expect((await get(server, { host: 'inspector.example.com' })).status).toBe(403)
    expect((await look(server, '/nowhere')).status).toBe(404)
    expect((await look(server, '/toString')).status).toBe(404)
  })

  it('has a page for the inspector of Stately only if its option is set', async () => {
    expect((await get((await served()).server)).status).toBe(404)
    const { status, text } = await get((await served({ stately: 'https://inspector.test/page' })).server)
    expect(status).toBe(200)
    expect(text).toContain('src="https://inspector.test/page"')
  })

  it('takes a limited number of viewers: one more closes the oldest', async () => {
    const { server } = await served({ viewers: 2 })
    const [oldest, other] = [await look(server, '/ui'), await look(server, '/ui')]
    const closed = once(oldest.socket, 'close')
    expect((await look(server, '/ui')).status).toBe(101)
    expect((await closed).map(String)).toEqual(['1013', 'There are too many viewers, and you came first.'])
    expect(server.viewers).toBe(2)
    expect(other.socket.readyState).toBe(other.socket.OPEN)
  })

  it('keeps its viewers when a handshake is broken', async () => {
    const { server } = await served({ viewers: 1 })
    const { socket } = await look(server, '/ui')
    const broken = await wire(server, upgrade('/ui', { 'sec-websocket-key': '' }))
    await until(() => broken.isClosed)
    expect(broken.text).toContain('400 Bad Request')
    expect(server.viewers).toBe(1)
    expect(socket.readyState).toBe(socket.OPEN)
  })

  it('takes no viewers with a limit of 0', async () => {
    const { server } = await served({ viewers: 0 })
    expect((await look(server, '/ui')).status).toBe(503)
  })

  it('fails with an error if its port is taken', async () => {
    const { server } = await served()
    const { port } = server
    await expect(served({ port })).rejects.toMatchObject({ code: 'INSPECTOR_SERVE', reason: 'port-taken', port })
  })

  it('ends every stream with its stop, and frees its port', async () => {
    const { server, observers } = await served()
    const { socket } = await look(server, '/ui')
    const closed = once(socket, 'close')
    await server.stop()
    await closed
    expect(observers()).toBe(0)
    await server.stop()
    const again = await served({ port: server.port })
    expect(again.server.port).toBe(server.port)
  })

  it('does not start a stream again during its stop for a viewer that has missed frames', async () => {
    const { runtime, server, begun } = await served({ most: 1_000 })
    const dog = await runtime.spawn(dogAgent())
    const { socket } = await look(server, '/ui')
    socket.pause()
    // More bytes than the operating system buffers.
    const word = 'x'.repeat(5_000)
    await Promise.all(Array.from({ length: 1_000 }, () => dog.send(command({ word }))))
    await runtime.idle()
    const stopping = server.stop()
    socket.resume()
    await stopping
    expect(begun()).toBe(1)
  })

  it('closes a connection that comes after the stop of the runtime', async () => {
    const { runtime, server } = await served()
    await runtime.stop()
    const { socket } = await look(server, '/ui')
    const [code, why] = await once(socket, 'close')
    expect([code, `${why}`]).toEqual([1_011, 'The runtime cannot be observed: it is st'])
  })

  it('keeps few frames for a slow viewer, which misses frames and then gets the present state', async () => {
    const { runtime, server } = await served({ most: 200_000 })
    const dog = await runtime.spawn(dogAgent())
    const { socket, frames } = await look(server, '/ui')
    await until(() => frames.length > 2)
    socket.pause()
    const isGap = (frame: unknown) =>
      typeof frame === 'object' && frame !== null && 'kind' in frame && frame.kind === 'gap'
    // More bytes than the operating system buffers.
    const word = 'x'.repeat(5_000)
    await Promise.all(Array.from({ length: 1_000 }, () => dog.send(command({ word }))))
    await runtime.idle()
    socket.resume()
    await until(() => frames.some(isGap) && frames.length > frames.findIndex(isGap) + 2)
    const gap = frames.findIndex(isGap)
    expect(frames[gap + 2]).toMatchObject({
      kind: 'actor',
      actor: dog.address,
      data: { snapshot: { context: { count: 1_000 } } },
    })
  })
})

describe('a recorded stream', () => {
  it('is sent to each viewer from its beginning', async () => {
    const lines = readFileSync(join(import.meta.dirname, 'three-actors.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const server = await streaming(recorded(lines.map((line): object => JSON.parse(line))))
    const early = await look(server, '/inspect')
    await until(() => early.frames.length === lines.length)
    const late = await look(server, '/inspect')
    await until(() => late.frames.length === lines.length)
    expect(early.frames).toEqual(lines.map((line): object => JSON.parse(line)))
    expect(late.frames).toEqual(early.frames)
  })

  it('waits for a slow viewer, and leaves out no frame', async () => {
    const count = 20_000
    const server = await streaming(
      recorded(Array.from({ length: count }, (_, n) => ({ n, text: 'x'.repeat(1_000) }))),
      { most: 100_000 },
    )
    const { socket, frames } = await look(server, '/inspect')
    socket.pause()
    // When this request is answered, the server has written what the slow viewer has room for.
    await look(server, '/nowhere')
    socket.resume()
    await until(() => frames.length === count)
    expect(frames.map(frame => Object(frame).n)).toEqual(Array.from({ length: count }, (_, n) => n))
  })
})
