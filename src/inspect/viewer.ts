import type { Source, Stream } from './source.ts'

/** The end of a connection that a viewer is at. */
export interface Socket {
  readonly bufferedAmount: number
  send(text: string, sent: (error?: Error) => void): void
  close(code: number, why: string): void
}

/** Begins a stream; closes the connection instead where there is nothing to look at any more. */
export function viewing<F>(socket: Socket, source: Source<F>, most: number): Viewer<F> | undefined {
  try {
    return new Viewer(socket, source, most)
  } catch (error) {
    close(socket, error)
    return undefined
  }
}

/** One who looks at a stream. Who reads slowly misses frames, and is told how everything stands when he has caught up. */
export class Viewer<F> {
  readonly #socket: Socket
  readonly #most: number
  readonly #stream: Stream
  #missed = 0
  #isOver = false

  /** @param most bytes that may wait for a slow reader */
  constructor(socket: Socket, source: Source<F>, most: number) {
    this.#socket = socket
    this.#most = most
    this.#stream = source((frame, isState) => this.#take(frame, isState))
  }

  stop(): void {
    this.#isOver = true
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
    if (this.#isOver || this.#missed === 0 || this.#socket.bufferedAmount > this.#most / 4) return
    const missed = this.#missed
    this.#missed = 0
    try {
      this.#stream.resume(missed)
    } catch (error) {
      close(this.#socket, error)
    }
  }
}

/** Nothing more comes: the other end is told why, in as many bytes as there may be. */
function close(socket: Socket, error: unknown): void {
  const why = error instanceof Error ? error.message : `${error}`
  socket.close(unexpected, why.slice(0, 40))
}

/** The word of WebSockets for a server that cannot go on. */
const unexpected = 1_011
