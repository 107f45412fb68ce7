import type { Clock } from '../clock.ts'

/** Milliseconds for which publishers may go on without a turn of the event loop. */
const longest = 10
/** Of what is published, one in so many is looked at: to look costs more than most events do. */
const lookedAtEach = 8
/** So many looks, where the clock stands still. */
const mostLooks = 1_250
/** Of what is asked or refused, one in so many is looked at: it has no time of its own, and a clock takes long to read. */
const askLookedAtEach = 64

/**
 * Lets the event loop turn while publishers, or those who ask, go on and on. Whoever awaits only promises never lets it, and then
 * no timer fires and no socket is read.
 */
export class Breath {
  /** How many events, and asks, may go on before the next look; none while a turn is due, so that it comes soon. */
  #unlooked = lookedAtEach
  #unlookedAsks = askLookedAtEach
  #looks = 0
  /** When the first event was looked at since the event loop turned, epoch milliseconds. */
  #since: number | undefined
  #turn: PromiseWithResolvers<void> | undefined

  /**
   * What the publisher of an event awaits: that it is durable, and now and then a turn of the event loop too.
   *
   * @param durable none for what is not journalled
   * @param time of the event, so that no clock need be read
   */
  after<T>(said: T, durable: Promise<void> | undefined, time: number): Promise<T> {
    if (--this.#unlooked > 0) return durable ? durable.then(() => said) : Promise.resolve(said)
    return this.#afterLook(said, durable, time)
  }

  #afterLook<T>(said: T, durable: Promise<void> | undefined, time: number): Promise<T> {
    const breath = this.#look(time)
    const over = breath && durable ? durable.then(() => breath) : (breath ?? durable)
    return over ? over.then(() => said) : Promise.resolve(said)
  }

  /** The same for whoever asks, because what is asked has no time of its own. */
  dueToAsker(clock: Pick<Clock, 'now'>): Promise<void> | undefined {
    return --this.#unlookedAsks > 0 ? undefined : this.#look(clock.now())
  }

  /** The same for whoever is refused, and may go on with what is refused: rejects with the error. */
  refuse(error: unknown, clock: Pick<Clock, 'now'>): Promise<never> {
    const breath = this.dueToAsker(clock)
    if (!breath) return Promise.reject(error)
    return breath.then(() => {
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
      setImmediate(this.#turned)
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
