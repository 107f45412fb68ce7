import type { Duplex } from 'node:stream'
import type { Clock } from '../index.ts'

/** Milliseconds that a connection has to become a viewer, or to read its answer and end. */
const limit = 5_000

/** Most such connections at the same time. */
const most = 64

/**
 * Connections that are not viewers: they are silent, have sent half a request, or are reading an answer. Each has a few seconds,
 * and when there are too many, the oldest is closed, so that idle connections cannot keep out a new one.
 */
export class PendingConnections {
  readonly #clock: Clock
  /** The connections, oldest first, each with the function that cancels its deadline. */
  readonly #deadlines = new Map<Duplex, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(socket: Duplex): void {
    const [oldest] = this.#deadlines.keys()
    if (oldest && this.#deadlines.size >= most) this.#destroy(oldest)
    this.#deadlines.set(
      socket,
      this.#clock.after(limit, () => this.#destroy(socket), { background: true }),
    )
    // A reset destroys the socket by itself; without a listener it would end the process.
    socket.on('error', () => {})
    socket.once('close', () => this.remove(socket))
  }

  /** Removes a connection that was closed or became a viewer. */
  remove(socket: Duplex): void {
    this.#deadlines.get(socket)?.()
    this.#deadlines.delete(socket)
  }

  destroyAll(): void {
    for (const socket of this.#deadlines.keys()) this.#destroy(socket)
  }

  #destroy(socket: Duplex): void {
    this.remove(socket)
    socket.destroy()
  }
}
