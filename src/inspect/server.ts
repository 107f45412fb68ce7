import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { bridgePage } from './bridge.ts'
import { type PageOptions, pageSource } from './page.ts'
import { InspectorServeError, whyNot } from './serve-error.ts'
import type { Observable, Source } from './source.ts'
import { type StatelyOptions, statelySource } from './stately.ts'
import { type Viewer, viewing } from './viewer.ts'

/** How streams are served. */
export interface ServeOptions {
  /** 0, the default, for any that is free. */
  readonly port?: number
  /** How many may look at the same time; 16 by default. */
  readonly viewers?: number
  /** Bytes that may wait for one who reads slowly; 8 MiB by default. */
  readonly most?: number
  /**
   * The page of Stately's inspector, or `true` for https://stately.ai/inspect: `/` then hands the stream on to it. That page
   * is loaded from the internet, and is told everything that is inspected. None by default.
   */
  readonly stately?: boolean | string
}

/** How a runtime is inspected. */
export interface ServeInspectorOptions extends ServeOptions, StatelyOptions, Pick<PageOptions, 'node'> {}

/** The word of WebSockets for a server that stops. */
const goingAway = 1_001

/** Milliseconds that viewers have to take what is on its way to them. */
const farewell = 1_000

/** A server of streams. */
export interface InspectorServer {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** How many look just now. */
  readonly viewers: number
  /** Ends every stream; resolves when the port is free again. */
  stop(): Promise<void>
}

/**
 * Serves what happens in a runtime to inspectors on this machine, over WebSockets: `/inspect` in the protocol of
 * @statelyai/inspect, `/ui` as frames for pages. The runtime is observed only while somebody looks.
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
  { port = 0, viewers: mostViewers = 16, most = 8 * 1_024 * 1_024, stately = false }: ServeOptions = {},
): Promise<InspectorServer> {
  const { WebSocketServer } = await import('ws').catch((error: unknown) => {
    throw new InspectorServeError(port, 'no-ws', error)
  })
  const viewers = new Set<Viewer<object>>()
  const inspector = stately === true ? 'https://stately.ai/inspect' : stately
  const server = createServer((request, response) => {
    if (!isLocal(request)) response.writeHead(403).end()
    else if (inspector === false || request.url !== '/') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(bridgePage('/inspect', inspector))
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 })
  server.on('upgrade', (request, socket, head) => {
    const source = sourceAt(sources, request)
    if (!isLocal(request)) return refuse(socket, '403 Forbidden')
    if (!source) return refuse(socket, '404 Not Found')
    if (viewers.size >= mostViewers) return refuse(socket, '503 Service Unavailable')
    return sockets.handleUpgrade(request, socket, head, connection => {
      connection.on('error', () => connection.terminate())
      const viewer = viewing(connection, source, most)
      if (!viewer) return
      viewers.add(viewer)
      connection.on('close', () => {
        viewers.delete(viewer)
        viewer.stop()
      })
    })
  })
  await listening(server, port)
  const { port: taken } = addressOf(server.address())
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    get viewers() {
      return viewers.size
    },
    async stop() {
      for (const viewer of viewers) viewer.stop()
      if (!server.listening) return
      for (const connection of sockets.clients) connection.close(goingAway)
      const cut = setTimeout(() => {
        for (const connection of sockets.clients) connection.terminate()
      }, farewell)
      await new Promise(resolve => server.close(resolve))
      clearTimeout(cut)
    },
  }
}

function listening(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(new InspectorServeError(port, whyNot(error), error)))
    server.listen(port, '127.0.0.1', resolve)
  })
}

function addressOf(address: AddressInfo | string | null): { readonly port: number } {
  return typeof address === 'object' && address !== null ? address : { port: 0 }
}

function sourceAt(sources: Readonly<Record<string, Source<object>>>, { url = '/' }: IncomingMessage) {
  const path = url.split('?', 1)[0] ?? url
  return Object.hasOwn(sources, path) ? sources[path] : undefined
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}

const localNames = new Set(['127.0.0.1', 'localhost'])

/** Whether it comes from this machine: any page in a browser could connect to it, or give this machine another name. */
function isLocal({ headers: { host = '', origin } }: IncomingMessage): boolean {
  return isLocalName(`http://${host}`) && (origin === undefined || isLocalName(origin))
}

function isLocalName(url: string): boolean {
  return URL.canParse(url) && localNames.has(new URL(url).hostname)
}
