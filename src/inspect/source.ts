import { type Observation, type ObserveOptions, type Observer, systemScheduler } from '../index.ts'

/** A runtime, as far as it is observed. */
export interface Observable {
  /** Reports everything that happens from now on, after how things stand; returns a function that ends it. */
  observe(observer: Observer, options?: ObserveOptions): () => void
}

/**
 * Takes a frame; `false` when there is no room for it.
 *
 * @param isState whether it belongs to how things stand, which is taken whether there is room or not
 */
export type Send<F> = (frame: F, isState: boolean) => boolean

/** Whether there is no room for frames of something that happens; asked before they are made. */
export type Refuse = () => boolean

/** A stream of frames on its way to one viewer. */
export interface Stream {
  /** Called when the viewer has room again. @param missed how many frames the viewer did not get */
  resume(missed: number): void
  /** Ends the stream. */
  stop(): void
}

/** Where a viewer's frames come from: each gets a stream of its own, which begins with how things stand. */
export type Source<F> = (send: Send<F>, refuse?: Refuse) => Stream

/** Makes frames of the observations of one stream. */
export interface Telling {
  tell(observation: Observation): void
  /** So many frames were refused. How things stand follows next. */
  missed(dropped: number): void
  /** The stream has reported how things stand. */
  begun(): void
}

/** A stream of what happens in a runtime. After a gap it begins anew. */
export function live(
  observable: Observable,
  options: ObserveOptions,
  telling: (isBeginning: () => boolean) => Telling,
  refuse: Refuse = () => false,
): Stream {
  let isBeginning = false
  let stop = nothing
  const teller = telling(() => isBeginning)
  const begin = () => {
    isBeginning = true
    stop = observable.observe(one => {
      if (isBeginning || !refuse()) teller.tell(one)
    }, options)
    isBeginning = false
    teller.begun()
  }
  begin()
  return {
    resume(missed) {
      stop()
      teller.missed(missed)
      begin()
    },
    stop() {
      stop()
      stop = nothing
    },
  }
}

const nothing = () => {}

/** How many recorded frames are sent before others get their turn. */
const framesPerTurn = 200

/**
 * Frames that were recorded, as a source: every viewer gets all of them, as fast as he takes them.
 *
 * @example
 * const lines = readFileSync('party.jsonl', 'utf8').trim().split('\n')
 * const server = await serveStreams({ '/inspect': recorded(lines.map(line => JSON.parse(line))) })
 */
export function recorded<F>(frames: Iterable<F>): Source<F> {
  return send => {
    const rest = frames[Symbol.iterator]()
    let refused: F | undefined
    let isStopped = false
    const next = () => {
      if (isStopped) return
      for (let sent = 0; sent < framesPerTurn; sent++) {
        const one = refused === undefined ? rest.next() : { done: false as const, value: refused }
        if (one.done) return
        refused = undefined
        if (send(one.value, false)) continue
        refused = one.value
        return
      }
      systemScheduler.turn(next)
    }
    next()
    return { resume: () => next(), stop: () => void (isStopped = true) }
  }
}
