import type { Clock } from '../clock.ts'

/** Milliseconds for which publishers may go on without a turn of the event loop. */
const longest = 10
/** So many events they may publish meanwhile, where the clock stands still. */
const most = 10_000
/** Of what has no time, the clock is looked at for one in so many: that costs more than a quick answer does. */
const lookedAtEach = 64

/**
 * Lets the event loop turn while publishers, or those who ask, go on and on. Whoever awaits only promises never lets it, and then no timer fires
 * and no socket is read.
 */
export class Breath {
  /** When the first event was published since the event loop turned, epoch milliseconds. */
  #since: number | undefined
  #published = 0
  #unlooked = 0
  #turn: PromiseWithResolvers<void> | undefined

  /**
   * To be awaited by the publisher of an event; nothing if it may go on at once.
   *
   * @param time of the event, so that no clock need be read
   */
  due(time: number): Promise<void> | undefined {
    if (this.#since === undefined) {
      this.#since = time
      this.#published = 0
      setImmediate(this.#turned)
      return undefined
    }
    if (this.#turn) return this.#turn.promise
    const passed = time - this.#since
    if (passed < longest && ++this.#published < most) return undefined
    this.#turn = Promise.withResolvers()
    return this.#turn.promise
  }

  /** The same for whoever asks, because what is asked has no time of its own. */
  dueToAsker(clock: Pick<Clock, 'now'>): Promise<void> | undefined {
    if (this.#turn) return this.#turn.promise
    if (++this.#unlooked < lookedAtEach) return undefined
    this.#unlooked = 0
    return this.due(clock.now())
  }

  readonly #turned = () => {
    const turn = this.#turn
    this.#since = undefined
    this.#turn = undefined
    turn?.resolve()
  }
}
