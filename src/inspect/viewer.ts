import type { Source, Stream } from './source.ts'

/** The end of a connection that a viewer is at. */
export interface Socket {
  readonly bufferedAmount: number
  send(text: string, sent: (error?: Error) => void): void
}

/** One who looks at a stream. Who reads slowly misses frames, and is told how everything stands when he has caught up. */
export class Viewer<F> {
  readonly #socket: Socket
  readonly #most: number
  readonly #stream: Stream
  #missed = 0

  /** @param most bytes that may wait for a slow reader */
  constructor(socket: Socket, source: Source<F>, most: number) {
    this.#socket = socket
    this.#most = most
    this.#stream = source((frame, isState) => this.#take(frame, isState))
  }

  stop(): void {
    this.#stream.stop()
  }

  #take(frame: F, isState: boolean): boolean {
    const isBehind = this.#missed > 0 || this.#socket.bufferedAmount > this.#most
    if (isBehind && !isState) {
      this.#missed++
      return false
    }
    this.#socket.send(JSON.stringify(frame), () => this.#sent())
    return true
  }

  #sent(): void {
    if (this.#missed === 0 || this.#socket.bufferedAmount > this.#most / 4) return
    const missed = this.#missed
    this.#missed = 0
    this.#stream.resume(missed)
  }
}
