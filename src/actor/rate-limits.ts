import { TroupeError } from '../errors.ts'
import { type RateLimit, RateMeter, type RateWindow, type Room } from './rate-meter.ts'
import type { RoomOptions } from './room.ts'
import type { Timers } from './timers.ts'

/** What may be published from outside: by all sources together, and by each that names itself. */
export interface RateLimitOptions extends RateLimit {
  /** Of each source; by default half of what all together may, so that one alone leaves room for others. */
  readonly source?: RateLimit
  /** What becomes of more: `reject` (the default), or `delay` until there is room, in turns by source. */
  readonly exceeded?: 'reject' | 'delay'
  /** How many may be delayed at one time; 10,000 by default (S1). */
  readonly queue?: number
}

/** What became of events because of the limits. */
export interface RateFigures {
  /** Refused. */
  readonly rejected: number
  /** Published later than they came. */
  readonly delayed: number
  /** That wait for room. */
  readonly waiting: number
}

interface Waiter {
  go(): void
  giveUp(error: unknown): void
}

/** The limits of S1. */
const defaultRateLimit: RateLimit = { perSecond: 100, perMinute: 1_000, perHour: 10_000, burst: 50 }

/** Sources that are counted at one time; of more, the one that was silent for longest is forgotten. */
const mostSources = 10_000

class Source {
  readonly meter: RateMeter
  /** In the order in which they came. */
  readonly waiting = new Set<Waiter>()

  constructor(limit: RateLimit) {
    this.meter = new RateMeter(limit)
  }
}

/** Keeps what comes from outside within limits: refuses what is too much, or lets it wait for its turn. */
export class RateLimits {
  readonly #timers: Timers
  readonly #now: () => number
  #options: RateLimitOptions = {}
  /** None while nothing is limited. */
  #all: RateMeter | undefined
  readonly #sources = new Map<string, Source>()
  /** Those that have somebody waiting, the next one first. */
  readonly #turns = new Set<Source>()
  #waiting = 0
  #rejected = 0
  #delayed = 0
  #disarm: (() => void) | undefined

  constructor(timers: Timers, now: () => number) {
    this.#timers = timers
    this.#now = now
  }

  /** Limits from now on, by the defaults for `true`, or no more for `false`. @throws RateLimitOptionsError */
  switchTo(rules: RateLimitOptions | boolean): void {
    const options: RateLimitOptions = rules === true ? defaultRateLimit : rules || {}
    check(options)
    check(options.source ?? {})
    this.#open()
    this.#options = { ...options, source: options.source ?? half(options) }
    this.#all = rules === false ? undefined : new RateMeter(options)
    this.#sources.clear()
  }

  get isOn(): boolean {
    return this.#all !== undefined
  }

  get figures(): RateFigures {
    return { rejected: this.#rejected, delayed: this.#delayed, waiting: this.#waiting }
  }

  /**
   * Lets an event in: at once, or when the promise resolves.
   *
   * @param name its source; those without a name are only counted with all others
   * @throws RateLimitError, the signal's reason
   */
  admit(type: string, name: string | undefined, patience: RoomOptions): Promise<void> | undefined {
    if (!this.#all) return undefined
    const now = this.#now()
    const source = this.#source(name ?? '')
    const full = this.#full(source, now)
    if (!full && source.waiting.size === 0) {
      this.#take(source, now)
      return undefined
    }
    const { exceeded = 'reject', queue = 10_000 } = this.#options
    const error = () => withoutStack(() => new RateLimitError(type, name, full, now))
    if (exceeded === 'reject' || this.#waiting >= queue) throw this.#refused(error())
    return this.#wait(source, error, patience)
  }

  /** Nobody who waits will be let in any more. */
  close(error: TroupeError): void {
    for (const waiter of this.#waiters()) waiter.giveUp(error)
  }

  #open(): void {
    this.#disarm?.()
    this.#disarm = undefined
    for (const waiter of this.#waiters()) waiter.go()
  }

  #waiters(): readonly Waiter[] {
    return [...this.#turns].flatMap(({ waiting }) => [...waiting])
  }

  #refused(error: RateLimitError): RateLimitError {
    this.#rejected++
    return error
  }

  #source(name: string): Source {
    let source = this.#sources.get(name)
    if (source) this.#sources.delete(name)
    // Those who name no source are many: as a whole they have no limit but that of all.
    else source = new Source(name === '' ? {} : (this.#options.source ?? {}))
    this.#sources.set(name, source)
    if (this.#sources.size > mostSources) this.#forgetOne()
    return source
  }

  #forgetOne(): void {
    for (const [name, { waiting }] of this.#sources) {
      if (waiting.size > 0) continue
      this.#sources.delete(name)
      return
    }
  }

  #full({ meter }: Source, now: number): (Room & { readonly of: 'all' | 'source' }) | undefined {
    const own = meter.full(now)
    const all = this.#all?.full(now)
    if (own && !(all && all.at > own.at)) return { ...own, of: 'source' }
    return all && { ...all, of: 'all' }
  }

  #take({ meter }: Source, now: number): void {
    meter.take(now)
    this.#all?.take(now)
  }

  #wait(source: Source, refusal: () => RateLimitError, { timeout, signal }: RoomOptions): Promise<void> {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const over = () => {
        source.waiting.delete(waiter)
        if (source.waiting.size === 0) this.#turns.delete(source)
        this.#waiting--
        cancelTimer()
        signal?.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = {
        go: () => {
          over()
          this.#delayed++
          resolve()
        },
        giveUp: error => {
          over()
          reject(error)
        },
      }
      const aborted = () => waiter.giveUp(signal?.reason)
      const cancelTimer = this.#timers.after(timeout, () => waiter.giveUp(this.#refused(refusal())))
      signal?.addEventListener('abort', aborted, { once: true })
      source.waiting.add(waiter)
      this.#turns.add(source)
      this.#waiting++
      this.#arm()
    })
  }

  /** Lets those go for whom there is room, one of each source in turn. */
  #letGo(): void {
    this.#disarm = undefined
    const now = this.#now()
    for (let isMoving = true; isMoving; ) {
      isMoving = false
      for (const source of [...this.#turns]) {
        const [waiter] = source.waiting
        if (!waiter || this.#full(source, now)) continue
        isMoving = true
        this.#take(source, now)
        // Behind the others, if it has more that wait.
        this.#turns.delete(source)
        if (source.waiting.size > 1) this.#turns.add(source)
        waiter.go()
      }
    }
    this.#arm()
  }

  #arm(): void {
    if (this.#disarm || this.#turns.size === 0) return
    const now = this.#now()
    let next = Number.POSITIVE_INFINITY
    for (const source of this.#turns) next = Math.min(next, this.#full(source, now)?.at ?? now)
    this.#disarm = this.#timers.after(Math.max(next - now, 0), () => this.#letGo())
  }
}

/** A flood is refused a million times, and a stack for each would cost more than all the rest. */
function withoutStack<E>(make: () => E): E {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return make()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function half({ perSecond, perMinute, perHour, burst }: RateLimit): RateLimit {
  const of = (limit: number | undefined) => (limit === undefined ? undefined : Math.max(1, Math.floor(limit / 2)))
  const limits = { perSecond: of(perSecond), perMinute: of(perMinute), perHour: of(perHour), burst: of(burst) }
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
}

function check({ perSecond, perMinute, perHour, burst }: RateLimit): void {
  for (const [name, limit] of Object.entries({ perSecond, perMinute, perHour, burst }))
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) throw new RateLimitOptionsError(name, limit)
}

/** More was published than the limits allow. */
export class RateLimitError extends TroupeError {
  readonly code = 'RATE_LIMITED'
  readonly type: string
  readonly source: string | undefined
  /** Which limit, and whether it is that of all sources together or of this one; none if only the queue was full. */
  readonly window: RateWindow | undefined
  readonly of: 'all' | 'source' | undefined
  /** Milliseconds after which there is room for one. */
  readonly retryAfter: number
  constructor(
    type: string,
    source: string | undefined,
    full: (Room & { readonly of: 'all' | 'source' }) | undefined,
    now: number,
  ) {
    const retryAfter = full ? full.at - now : 0
    const whose = full?.of === 'source' ? `source "${source}"` : 'all sources'
    super(
      `"${type}" was not published: the limit of ${whose} (${full?.window ?? 'queue'}) is reached. Publish again after ${retryAfter} ms, or less often.`,
    )
    this.type = type
    this.source = source
    this.window = full?.window
    this.of = full?.of
    this.retryAfter = retryAfter
  }
}

/** A limit that is none. */
export class RateLimitOptionsError extends TroupeError {
  readonly code = 'RATE_LIMIT_OPTIONS'
  readonly option: string
  readonly value: number
  constructor(option: string, value: number) {
    super(`"${option}" of a rate limit cannot be ${value}: use a whole number of events from 1, or leave it out.`)
    this.option = option
    this.value = value
  }
}
