import type { Clock } from '../index.ts'
import { madeWay } from './bridge.ts'
import { Pulse } from './pulse.ts'
import type { Source, Stream } from './source.ts'

/** The WebSocket of a viewer. */
export interface Socket {
  readonly bufferedAmount: number
  send(text: string, sent: (error?: Error) => void): void
  ping(): void
  pong(data: Buffer): void
  on(event: 'ping' | 'pong', heard: (data: Buffer) => void): unknown
  close(code: number, why: string): void
  terminate(): void
}

/** How a viewer is treated. */
export interface ViewerOptions {
  /** Bytes that may wait for a slow viewer. */
  readonly most: number
  readonly clock: Clock
}

/** Begins a stream. If the source throws, closes the connection instead. */
export function viewing<F>(socket: Socket, source: Source<F>, options: ViewerOptions): Viewer<F> | undefined {
  try {
    return new Viewer(socket, source, options)
  } catch (error) {
    close(socket, error)
    return undefined
  }
}

/** A viewer of a stream. A slow viewer misses frames, and gets how everything stands when it has caught up. */
export class Viewer<F> {
  readonly #socket: Socket
  readonly #most: number
  readonly #stream: Stream
  readonly #pulse: Pulse
  #missed = 0
  #isOver = false

  constructor(socket: Socket, source: Source<F>, { most, clock }: ViewerOptions) {
    this.#socket = socket
    this.#most = most
    this.#stream = source(
      (frame, isState) => this.#take(frame, isState),
      () => this.#refuse(),
    )
    this.#pulse = new Pulse(
      clock,
      () => this.#answer(() => socket.ping()),
      () => socket.terminate(),
    )
    socket.on('pong', () => this.#pulse.sign())
    socket.on('ping', data => this.#answer(() => socket.pong(data)))
  }

  /** Whether it has not answered a ping, and reads nothing. */
  get isSilent(): boolean {
    return this.#pulse.isSilent
  }

  stop(): void {
    this.#isOver = true
    this.#pulse.stop()
    this.#stream.stop()
  }

  /** Ends the connection at once, and sends the reason to the other end. */
  makeWay(): void {
    this.stop()
    this.#socket.close(madeWay, 'There are too many viewers, and you came first.')
    this.#socket.terminate()
  }

  get #isFull(): boolean {
    return this.#socket.bufferedAmount > this.#most
  }

  /** Pings and pongs wait for a slow reader like frames, and are left out like frames. */
  #answer(send: () => void): void {
    if (!this.#isFull) send()
  }

  #refuse(): boolean {
    const isBehind = this.#missed > 0 || this.#isFull
    if (isBehind) this.#missed++
    return isBehind
  }

  #take(frame: F, isState: boolean): boolean {
    if (!isState && this.#refuse()) return false
    let hadToWait = false
    this.#socket.send(JSON.stringify(frame), error => {
      if (!error) this.#sent(hadToWait)
    })
    hadToWait = this.#socket.bufferedAmount > 0
    return true
  }

  #sent(hadToWait: boolean): void {
    if (this.#isOver) return
    // If the data had to wait, the other end is reading. Data that was sent at once may only be in a buffer of the operating
    // system.
    if (hadToWait) this.#pulse.sign()
    if (this.#missed === 0 || this.#socket.bufferedAmount > this.#most / 4) return
    const missed = this.#missed
    this.#missed = 0
    try {
      this.#stream.resume(missed)
    } catch (error) {
      close(this.#socket, error)
    }
  }
}

/** Ends the stream, and sends the reason to the other end, cut to as many bytes as the protocol allows. */
function close(socket: Socket, error: unknown): void {
  const why = error instanceof Error ? error.message : `${error}`
  socket.close(unexpected, why.slice(0, 40))
}

/** The WebSocket close code for a server that cannot go on. */
const unexpected = 1_011
