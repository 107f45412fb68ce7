import { type Observation, type ObserveOptions, type Observer, systemScheduler } from '../index.ts'

/** What can be observed: a runtime, or a saved standing. */
export interface Observable {
  /** Reports first all agents as they are, then everything that happens. Returns a function that ends it. */
  observe(observer: Observer, options?: ObserveOptions): () => void
}

/**
 * Takes a frame; `false` when there is no room for it.
 *
 * @param isState whether the frame belongs to the first report of all agents, which is taken even without room
 */
export type Send<F> = (frame: F, isState: boolean) => boolean

/** Whether there is no room for frames. Called before frames are made. */
export type Refuse = () => boolean

/** A stream of frames on its way to one viewer. */
export interface Stream {
  /** Called when the viewer has room again. @param missed how many frames the viewer did not get */
  resume(missed: number): void
  /** Ends the stream. */
  stop(): void
}

/** Starts a stream for a viewer. Each viewer has its own stream, which begins with all agents as they are. */
export type Source<F> = (send: Send<F>, refuse?: Refuse) => Stream

/** Turns the observations of one stream into frames. */
export interface Telling {
  tell(observation: Observation): void
  /** Frames were refused. All agents as they are follow next. @param dropped how many frames */
  missed(dropped: number): void
  /** The stream has reported all agents as they are. */
  begun(): void
}

/** A stream of what happens in a runtime. After a gap, it reports all agents again. */
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

/** How many recorded frames are sent before the event loop gets a turn. */
const framesPerTurn = 200

/**
 * Frames that were recorded, as a source: every viewer gets all of them, as fast as its connection takes them.
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
