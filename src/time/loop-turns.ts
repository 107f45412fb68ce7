import type { Clock } from '../clock.ts'

/** Milliseconds for which publishers may publish without a turn of the event loop. */
const longest = 10
/** After so many looks at the time a turn is due even if the clock stands still, as a simulated clock does. */
const mostLooks = 625
/** One in so many asks and refusals reads the clock: they carry no time, and reading the clock is slow. */
const askLookedAtEach = 64

/**
 * Gives the event loop a turn while programs publish or ask in a loop. A loop that awaits promises alone keeps the event loop
 * from turning, so that no timer fires and no socket is read.
 */
export class LoopTurns {
  #unlookedAsks = askLookedAtEach
  #looks = 0
  /** When the first look happened since the event loop turned, epoch milliseconds. */
  #since: number | undefined
  /** The turn that is due; every publisher waits for it. */
  #due: PromiseWithResolvers<void> | undefined

  /**
   * Makes the promise that a publisher awaits: the event is durable, and where a turn of the event loop is due, that is over too.
   *
   * @param durable `undefined` for an event that is not journalled
   */
  after<T>(said: T, durable: Promise<void> | undefined): Promise<T> {
    return this.#due || durable ? this.#afterBoth(said, durable) : Promise.resolve(said)
  }

  #afterBoth<T>(said: T, durable: Promise<void> = Promise.resolve()): Promise<T> {
    const turn = this.#due?.promise
    return (turn ? durable.then(() => turn) : durable).then(() => said)
  }

  /**
   * Looks at the time of an event that was published. One event in sixteen is enough, and the first event of each type.
   *
   * @param time the event's own time, epoch milliseconds, which saves reading the clock
   */
  published(time: number): void {
    this.#look(time)
  }

  /** What a caller of `ask` awaits before its request is sent; `undefined` if no turn is due. */
  dueToAsker(clock: Pick<Clock, 'now'>): Promise<void> | undefined {
    if (this.#due) return this.#due.promise
    if (--this.#unlookedAsks > 0) return undefined
    this.#unlookedAsks = askLookedAtEach
    return this.#look(clock.now())
  }

  /** Rejects with the error, after a turn of the event loop where one is due: a loop may publish again and again what is refused. */
  refuse(error: unknown, clock: Pick<Clock, 'now'>): Promise<never> {
    const turn = this.dueToAsker(clock)
    if (!turn) return Promise.reject(error)
    return turn.then(() => {
      throw error
    })
  }

  #look(time: number): Promise<void> | undefined {
    if (this.#due) return this.#due.promise
    if (this.#since === undefined) {
      this.#since = time
      this.#looks = 0
      setImmediate(this.#turned)
      return undefined
    }
    if (time - this.#since < longest && ++this.#looks < mostLooks) return undefined
    this.#due = Promise.withResolvers()
    return this.#due.promise
  }

  readonly #turned = () => {
    const turn = this.#due
    this.#since = undefined
    this.#due = undefined
    turn?.resolve()
  }
}
