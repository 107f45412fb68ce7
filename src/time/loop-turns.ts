import type { Clock } from '../clock.ts'
import type { Scheduler } from './scheduler.ts'

/** Milliseconds for which publishers may publish without a turn of the event loop. */
const longest = 10
/** One in so many events checks the time: a check costs more than most events do. */
const lookedAtEach = 8
/** After so many checks a turn is due even if the clock stands still, as a simulated one does. */
const mostLooks = 1_250
/** One in so many asks and refusals checks the time: they carry no time, and reading the clock is slow. */
const askLookedAtEach = 64

/**
 * Gives the event loop a turn while programs publish or ask in a loop. A loop that awaits promises alone keeps the event loop
 * from turning, so that no timer fires and no socket is read.
 */
export class LoopTurns {
  readonly #scheduler: Pick<Scheduler, 'turn'>
  /** How many events, and asks, pass before the next check; 0 while a turn is due, so that every publisher waits for it. */
  #unlooked = lookedAtEach
  #unlookedAsks = askLookedAtEach
  #looks = 0
  /** When the first check happened since the event loop turned, epoch milliseconds. */
  #since: number | undefined
  #turn: PromiseWithResolvers<void> | undefined

  constructor(scheduler: Pick<Scheduler, 'turn'>) {
    this.#scheduler = scheduler
  }

  /**
   * Makes the promise that a publisher awaits. It resolves when the event is durable and, if a turn of the event loop is due,
   * after that turn.
   *
   * @param durable `undefined` for an event that is not journalled
   * @param time the event's own time, which saves reading the clock
   */
  after<T>(said: T, durable: Promise<void> | undefined, time: number): Promise<T> {
    if (--this.#unlooked > 0 && !durable) return Promise.resolve(said)
    return this.#afterAll(said, durable, time)
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its parameters.
  #afterAll<T>(said: T, durable: Promise<void> | undefined, time: number): Promise<T> {
    const turn = this.#unlooked > 0 ? undefined : this.#look(time)
    const over = turn && durable ? durable.then(() => turn) : (turn ?? durable)
    return over ? over.then(() => said) : Promise.resolve(said)
  }

  /** What a caller of `ask` awaits before its request is sent; `undefined` if no turn is due. */
  dueToAsker(clock: Pick<Clock, 'now'>): Promise<void> | undefined {
    return --this.#unlookedAsks > 0 ? undefined : this.#look(clock.now())
  }

  /**
   * Rejects with the error, after a turn of the event loop if a turn is due: a loop may publish refused events again and again.
   */
  refuse(error: unknown, clock: Pick<Clock, 'now'>): Promise<never> {
    const turn = this.dueToAsker(clock)
    if (!turn) return Promise.reject(error)
    return turn.then(() => {
      throw error
    })
  }

  #look(time: number): Promise<void> | undefined {
    if (this.#turn) return this.#turn.promise
    this.#unlooked = lookedAtEach
    this.#unlookedAsks = askLookedAtEach
    if (this.#since === undefined) {
      this.#since = time
      this.#looks = 0
      this.#scheduler.turn(this.#turned)
      return undefined
    }
    if (time - this.#since < longest && ++this.#looks < mostLooks) return undefined
    this.#turn = Promise.withResolvers()
    this.#unlooked = 0
    this.#unlookedAsks = 0
    return this.#turn.promise
  }

  readonly #turned = () => {
    const turn = this.#turn
    this.#since = undefined
    this.#turn = undefined
    turn?.resolve()
  }
}
