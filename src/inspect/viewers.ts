import type { Source } from './source.ts'
import { type Socket, type Viewer, type ViewerOptions, viewing } from './viewer.ts'

/** A connection that can end. */
interface Connection extends Socket {
  on(event: 'ping' | 'pong', heard: (data: Buffer) => void): unknown
  on(event: 'close', heard: () => void): unknown
}

/** The viewers that are connected. When there are too many, a new viewer replaces another. */
export class Viewers {
  readonly #viewers = new Set<Viewer<object>>()
  readonly #most: number
  readonly #options: ViewerOptions

  /** @param most how many viewers there may be */
  constructor(most: number, options: ViewerOptions) {
    this.#most = most
    this.#options = options
  }

  get size(): number {
    return this.#viewers.size
  }

  /** Shows a stream at the other end of a connection; `false` if the stream is at its end already. */
  add(connection: Connection, source: Source<object>): boolean {
    const viewer = viewing(connection, source, this.#options)
    if (!viewer) return false
    // Only after the checks: no viewer is disconnected for a request that is refused.
    if (this.size >= this.#most) this.#makeWay()
    this.#viewers.add(viewer)
    connection.on('close', () => {
      this.#viewers.delete(viewer)
      viewer.stop()
    })
    return true
  }

  /** Disconnects a viewer that answers no ping, or else the oldest viewer. */
  #makeWay(): void {
    const [oldest] = this.#viewers
    const leaving = [...this.#viewers].find(({ isSilent }) => isSilent) ?? oldest
    if (!leaving) return
    this.#viewers.delete(leaving)
    leaving.makeWay()
  }

  /** Ends every stream. */
  stop(): void {
    for (const viewer of this.#viewers) viewer.stop()
  }
}
