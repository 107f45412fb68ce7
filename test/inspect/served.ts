import { once } from 'node:events'
import { connect } from 'node:net'
import type { Observer } from 'troupe'
import { type InspectorServer, type ServeInspectorOptions, serveInspector } from 'troupe/inspect'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startRuntime } from '../support/runtime.ts'
import { noted } from './news.ts'

/** A server of a runtime's frames, which counts how often the runtime is observed. */
export async function served(options?: ServeInspectorOptions) {
  const { runtime } = await startRuntime()
  let observers = 0
  let begun = 0
  const observable = {
    observe(observer: Observer) {
      observers++
      begun++
      noted()
      const stop = runtime.observe(observer)
      return () => {
        observers--
        stop()
        noted()
      }
    },
  }
  const server = await serveInspector(observable, options)
  onTestFinished(() => server.stop())
  return { runtime, server, observers: () => observers, begun: () => begun }
}

/** Connects, and collects the frames; resolves to the status if it is refused. */
export async function look({ port }: InspectorServer, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  const frames: unknown[] = []
  socket.on('message', data => {
    frames.push(JSON.parse(`${data}`))
    noted()
  })
  onTestFinished(() => socket.terminate())
  const refused = once(socket, 'unexpected-response').then(([, response]) => {
    socket.on('error', () => {})
    socket.terminate()
    return Number(response.statusCode)
  })
  const status = await Promise.race([once(socket, 'open').then(() => 101), refused])
  return { socket, frames, status }
}

/** A connection of raw bytes, for a client that breaks the protocol. */
export interface Wire {
  write(bytes: string | Uint8Array): void
  /** Resolves when the operating system has all bytes that were written. */
  flushed(): Promise<void>
  /** Ends the connection with a TCP reset. */
  reset(): void
  /** Stops reading until it resumes. */
  pause(): void
  resume(): void
  /** The bytes that the server has written so far. */
  readonly text: string
  readonly isClosed: boolean
}

/** Connects to a server, and writes some bytes. */
export async function wire({ port }: InspectorServer, bytes: string | Uint8Array = ''): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  const come: Buffer[] = []
  let isClosed = false
  socket.on('data', chunk => {
    come.push(chunk)
    noted()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    noted()
  })
  await once(socket, 'connect')
  socket.write(bytes)
  return {
    write: more => void socket.write(more),
    flushed: () => new Promise(resolve => socket.write('', () => resolve())),
    reset: () => void socket.resetAndDestroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    get text() {
      return Buffer.concat(come).toString('latin1')
    },
    get isClosed() {
      return isClosed
    },
  }
}

/** The upgrade request of a WebSocket. Given headers replace its own. */
export function upgrade(path: string, headers: Readonly<Record<string, string>> | readonly (readonly string[])[] = {}) {
  const own = Array.isArray(headers) ? headers : Object.entries({ host: 'localhost', ...headers })
  const lines = [
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ...own,
  ]
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
