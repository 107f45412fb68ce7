import { TroupeError } from '../errors.ts'
import type { Waiting } from '../mail/aging.ts'
import { Line } from '../mail/line.ts'
import { type Patience, PublishCancelledError } from '../mail/patience.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Timers } from '../time/timers.ts'
import { type RateLimit, RateMeter, type RateWindow, type Room } from './rate-meter.ts'

/** How many events may be published from outside: by all sources together, and by each source with a name. */
export interface RateLimitOptions extends RateLimit {
  /** The limit of each source; by default half of the limit of all, so that one source leaves room for others. */
  readonly source?: RateLimit
  /** What happens above the limit: `reject` (the default), or `delay` until there is room, the most urgent first, in turns by source. */
  readonly exceeded?: 'reject' | 'delay'
  /** How many events may be delayed at one time; 10,000 by default (S1). */
  readonly queue?: number
}

const meterNames: OptionNames<RateLimit> = { perSecond: true, perMinute: true, perHour: true, burst: true }
const limitNames: OptionNames<RateLimitOptions> = { ...meterNames, source: true, exceeded: true, queue: true }

/** How many events the limits rejected or delayed. */
export interface RateFigures {
  readonly rejected: number
  /** Events that were published after a wait. */
  readonly delayed: number
  /** Events that wait for room. */
  readonly waiting: number
}

/** The limits of S1. */
const defaultRateLimit: RateLimit = { perSecond: 100, perMinute: 1_000, perHour: 10_000, burst: 50 }

/** How many sources are counted at one time. Above that, the source that was silent for longest is forgotten. */
const mostSources = 10_000

/** How a publisher continues after its wait: `go` publishes the event. */
export interface Onward {
  go(): void
  giveUp(error: unknown): void
}

interface Waiter extends Onward, Waiting {}

/** The error for a publisher that waited in vain. */
interface Refused {
  readonly type: string
  refusal(): RateLimitError
}

class Source {
  meter: RateMeter
  readonly waiting: Line<Waiter>

  constructor(meter: RateMeter, aging: number) {
    this.meter = meter
    this.waiting = new Line(aging)
  }
}

/** Limits the events from outside: it refuses events above the limit, or lets them wait for their turn. */
export class RateLimits {
  readonly #timers: Timers
  readonly #elapsed: () => number
  readonly #aging: number
  #options: RateLimitOptions = {}
  /** `undefined` while there is no limit. */
  #all: RateMeter | undefined
  readonly #sources = new Map<string, Source>()
  /** The sources with waiting publishers; the first one is next. */
  readonly #turns = new Set<Source>()
  #waiting = 0
  #rejected = 0
  #delayed = 0
  #armed: { readonly at: number; readonly disarm: () => void } | undefined
  #closed: TroupeError | undefined

  /** @param aging milliseconds of waiting that make a publisher more urgent by one */
  constructor(timers: Timers, elapsed: () => number, aging: number) {
    this.#timers = timers
    this.#elapsed = elapsed
    this.#aging = aging
  }

  /** Changes the limits: `true` sets the defaults, `false` removes them. @throws RateLimitOptionsError, UnknownOptionError */
  switchTo(rules: RateLimitOptions | boolean): void {
    const options: RateLimitOptions = rules === true ? defaultRateLimit : rules || {}
    checkOptionNames('rateLimit', options, limitNames)
    checkOptionNames('rateLimit.source', options.source ?? {}, meterNames)
    check(options)
    check(options.source ?? {})
    this.#options = { ...options, source: options.source ?? half(options) }
    this.#all = rules === false ? undefined : new RateMeter(options)
    // Waiting publishers continue by the new limits.
    for (const [name, source] of this.#sources) source.meter = this.#meterOf(name)
    this.#letGo()
  }

  get isOn(): boolean {
    return this.#all !== undefined
  }

  get figures(): RateFigures {
    return { rejected: this.#rejected, delayed: this.#delayed, waiting: this.#waiting }
  }

  /**
   * Admits an event: at once if it returns nothing, or later through the function that it returns.
   *
   * @param name its source; events without a source count only against the limit of all
   * @throws RateLimitError, RuntimeStateError after `close`
   */
  admit(type: string, name: string | undefined): ((patience: Patience, onward: Onward) => void) | undefined {
    if (this.#closed) throw this.#closed
    if (!this.#all) return undefined
    const now = this.#elapsed()
    // Free room belongs to the waiting publishers first.
    if (this.#armed && this.#armed.at <= now) this.#letGo()
    const source = this.#source(name ?? '')
    if (source.waiting.size === 0 && !this.#full(source, now)) {
      this.#take(source, now)
      return undefined
    }
    const { exceeded = 'reject', queue = 10_000 } = this.#options
    const refusal = () => {
      const at = this.#elapsed()
      return this.#refused(withoutStack(() => new RateLimitError(type, name, this.#full(source, at), at)))
    }
    if (exceeded === 'reject' || this.#waiting >= queue) throw refusal()
    return (patience, onward) => this.#wait(source, { type, refusal }, patience, onward)
  }

  /** Refuses all further events, and the waiting events. */
  close(error: TroupeError): void {
    this.#closed = error
    for (const waiter of [...this.#turns].flatMap(({ waiting }) => [...waiting])) waiter.giveUp(error)
  }

  #refused(error: RateLimitError): RateLimitError {
    this.#rejected++
    return error
  }

  #source(name: string): Source {
    let source = this.#sources.get(name)
    if (source) this.#sources.delete(name)
    // Events without a source come from many publishers. Only the limit of all sources together applies to them.
    else source = new Source(this.#meterOf(name), this.#aging)
    this.#sources.set(name, source)
    if (this.#sources.size > mostSources) this.#forgetOne()
    return source
  }

  #meterOf(name: string): RateMeter {
    return new RateMeter(name === '' ? {} : (this.#options.source ?? {}))
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

  #wait(source: Source, { type, refusal }: Refused, patience: Patience, { go, giveUp }: Onward): void {
    const { priority, timeout, signal } = patience
    const over = () => {
      source.waiting.leave(spot)
      if (source.waiting.size === 0) this.#turns.delete(source)
      this.#waiting--
      cancelTimer()
      signal?.removeEventListener('abort', aborted)
    }
    const waiter: Waiter = {
      priority,
      time: this.#elapsed(),
      go: () => {
        over()
        this.#delayed++
        go()
      },
      giveUp: error => {
        over()
        giveUp(error)
      },
    }
    const aborted = () => waiter.giveUp(new PublishCancelledError(type, signal?.reason))
    const cancelTimer = this.#timers.after(timeout, () => waiter.giveUp(refusal()))
    signal?.addEventListener('abort', aborted, { once: true })
    const spot = source.waiting.push(waiter)
    this.#turns.add(source)
    this.#waiting++
    this.#armAt(this.#full(source, this.#elapsed())?.at ?? this.#elapsed())
  }

  /** Releases the publishers for which there is room: the most urgent first; of equals, one of each source in turn. */
  #letGo(): void {
    const now = this.#elapsed()
    for (let next = this.#mostUrgent(now); next.length > 0; next = this.#mostUrgent(now)) {
      for (const source of next) {
        const waiter = source.waiting.first?.item
        if (!waiter || this.#full(source, now)) continue
        this.#take(source, now)
        // A source with more waiting publishers goes behind the other sources.
        this.#turns.delete(source)
        if (source.waiting.size > 1) this.#turns.add(source)
        waiter.go()
      }
    }
    this.#arm()
  }

  /** The sources that have room and whose next publisher is most urgent. */
  #mostUrgent(now: number): readonly Source[] {
    if (this.#all?.full(now)) return []
    let found: Source[] = []
    let least = Number.POSITIVE_INFINITY
    for (const source of this.#turns) {
      const first = source.waiting.first?.item
      if (!first) continue
      const urgency = first.priority - Math.floor((now - first.time) / this.#aging)
      if (urgency > least || this.#full(source, now)) continue
      if (urgency < least) found = []
      least = urgency
      found.push(source)
    }
    return found
  }

  /** Sets a timer for the moment when the first waiting publisher has room. */
  #arm(): void {
    this.#armed?.disarm()
    this.#armed = undefined
    const now = this.#elapsed()
    for (const source of this.#turns) this.#armAt(this.#full(source, now)?.at ?? now)
  }

  #armAt(at: number): void {
    if (this.#armed && this.#armed.at <= at) return
    this.#armed?.disarm()
    const disarm = this.#timers.after(Math.max(at - this.#elapsed(), 0), () => {
      this.#armed = undefined
      this.#letGo()
    })
    this.#armed = { at, disarm }
  }
}

/** Without stacks, because a flood is refused very often, and the stack would cost more than the refusal. */
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

function check({ perSecond, perMinute, perHour, burst, queue, exceeded }: RateLimitOptions): void {
  for (const [name, limit] of Object.entries({ perSecond, perMinute, perHour, burst, queue }))
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 1)) throw new RateLimitOptionsError(name, limit)
  if (exceeded !== undefined && exceeded !== 'reject' && exceeded !== 'delay')
    throw new RateLimitOptionsError('exceeded', exceeded)
}

/** An event is above the rate limit. */
export class RateLimitError extends TroupeError {
  readonly code = 'RATE_LIMITED'
  readonly type: string
  readonly source: string | undefined
  /** Which limit is reached, and whether it is the limit of all sources or of this one; `undefined` if only the queue was full. */
  readonly window: RateWindow | undefined
  readonly of: 'all' | 'source' | undefined
  /** Milliseconds until there is room for one event. */
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

/** An option of a rate limit is not allowed. */
export class RateLimitOptionsError extends TroupeError {
  readonly code = 'RATE_LIMIT_OPTIONS'
  readonly option: string
  readonly value: unknown
  constructor(option: string, value: unknown) {
    const wanted = option === 'exceeded' ? '"reject" or "delay"' : 'a whole number of events from 1'
    super(`"${option}" of a rate limit cannot be ${String(value)}: use ${wanted}, or leave it out.`)
    this.option = option
    this.value = value
  }
}
