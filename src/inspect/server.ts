import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../index.ts'
import { bridgePage } from './bridge.ts'
import { isLocal } from './local.ts'
import { type PageOptions, pageSource } from './page.ts'
import { PendingConnections } from './pending-connections.ts'
import { InspectorServeError, whyNot } from './serve-error.ts'
import type { Observable, Source } from './source.ts'
import { type StatelyOptions, statelySource } from './stately.ts'
import { Viewers } from './viewers.ts'

/** How streams are served. */
export interface ServeOptions {
  /** The port; 0, the default, takes any free port. */
  readonly port?: number
  /** How many viewers may be connected; 16 by default. A new one replaces a viewer that answers no ping, or else the oldest. */
  readonly viewers?: number
  /** Bytes that may wait for a slow viewer; 8 MiB by default. */
  readonly most?: number
  /**
   * The page of Stately's inspector, or `true` for https://stately.ai/inspect: `/` then hands the stream on to it. That page is
   * loaded from the internet, and gets everything that is inspected. None by default.
   */
  readonly stately?: boolean | string
  /** The clock for the deadlines of connections; the clock of this machine by default. */
  readonly clock?: Clock
}

/** How a runtime is inspected. */
export interface ServeInspectorOptions extends ServeOptions, StatelyOptions, Pick<PageOptions, 'node'> {}

/** The WebSocket close code for a server that stops. */
const goingAway = 1_001

/** Milliseconds that viewers have to read their last frames, and to close. */
const farewell = 500

/** A server of streams. */
export interface InspectorServer {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** How many viewers are connected. */
  readonly viewers: number
  /** Ends every stream; resolves when the port is free again, within a second. */
  stop(): Promise<void>
}

/**
 * Serves what happens in a runtime to inspectors on this machine, over WebSockets: `/inspect` in the protocol of
 * @statelyai/inspect, `/ui` as frames for pages. The runtime is observed only while a viewer is connected.
 *
 * @example
 * const server = await serveInspector(runtime, { port: 8080 })
 * createWebSocketReceiver({ server: `ws://127.0.0.1:${server.port}/inspect` }).subscribe(console.log)
 *
 * @throws InspectorServeError if the port is taken, or `ws` is not installed
 */
export function serveInspector(observable: Observable, options: ServeInspectorOptions = {}): Promise<InspectorServer> {
  const sources = { '/inspect': statelySource(observable, options), '/ui': pageSource(observable, options) }
  return serveStreams(sources, options)
}

/**
 * Serves streams to viewers on this machine, each under a path of its own.
 *
 * @example
 * const server = await serveStreams({ '/inspect': recorded(events) })
 *
 * @throws InspectorServeError if the port is taken, or `ws` is not installed
 */
export async function serveStreams(
  sources: Readonly<Record<string, Source<object>>>,
  {
    port = 0,
    viewers: mostViewers = 16,
    most = 8 * 1_024 * 1_024,
    stately = false,
    clock = systemClock,
  }: ServeOptions = {},
): Promise<InspectorServer> {
  const { WebSocketServer } = await import('ws').catch((error: unknown) => {
    throw new InspectorServeError(port, 'no-ws', error)
  })
  const viewers = new Viewers(mostViewers, { most, clock })
  const pending = new PendingConnections(clock)
  const inspector = stately === true ? 'https://stately.ai/inspect' : stately
  const server = createServer((request, response) => {
    // One request for each connection, so that the deadline of the connection is the deadline of the request.
    response.setHeader('connection', 'close')
    if (!isLocal(request)) response.writeHead(403, { 'content-type': 'text/plain' }).end(onlyHere(addressOf(server)))
    else if (inspector === false || request.url !== '/') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(bridgePage('/inspect', inspector))
  })
  // Viewers have nothing to say, so a long frame is an error; `Viewer` sends the pongs, within its limit.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024, autoPong: false })
  server.on('connection', socket => pending.add(socket))
  server.on('upgrade', (request, socket, head) => {
    const source = sourceAt(sources, request)
    if (!isLocal(request)) return refuse(socket, '403 Forbidden')
    if (!source) return refuse(socket, '404 Not Found')
    if (mostViewers === 0) return refuse(socket, '503 Service Unavailable')
    return sockets.handleUpgrade(request, socket, head, connection => {
      connection.on('error', () => connection.terminate())
      if (viewers.add(connection, source)) pending.remove(socket)
    })
  })
  await listening(server, port)
  const { port: taken } = addressOf(server)
  const end = async () => {
    const closed = new Promise(resolve => server.close(resolve))
    viewers.stop()
    for (const connection of sockets.clients) connection.close(goingAway)
    pending.destroyAll()
    const cancel = clock.after(farewell, () => {
      for (const connection of sockets.clients) connection.terminate()
    })
    await closed
    cancel()
  }
  let ending: Promise<void> | undefined
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    get viewers() {
      return viewers.size
    },
    stop() {
      ending ??= end()
      return ending
    },
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // The listener stays, so that a failed connection (for example with too many open files) does not end the process.
    server.on('error', error => reject(new InspectorServeError(port, whyNot(error), error)))
    server.listen(port, '127.0.0.1', resolve)
  })
}

function addressOf(server: Server): { readonly port: number } {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address : { port: 0 }
}

function sourceAt(sources: Readonly<Record<string, Source<object>>>, { url = '/' }: IncomingMessage) {
  const path = url.split('?', 1)[0] ?? url
  return Object.hasOwn(sources, path) ? sources[path] : undefined
}

/** The other end closes after it has read this; otherwise the deadline closes the connection. */
function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
  socket.resume()
}

function onlyHere({ port }: { readonly port: number }): string {
  return `Only programs and pages of this machine may look. Open http://127.0.0.1:${port} there.\n`
}
