/** How many events may be published. A field that is left out sets no limit. */
export interface RateLimit {
  readonly perSecond?: number
  readonly perMinute?: number
  readonly perHour?: number
  /** How many may come at one moment. Further events follow evenly, at the rate of the other limits, or `burst` in a second. */
  readonly burst?: number
}

/** Which limit is reached. */
export type RateWindow = 'second' | 'minute' | 'hour' | 'burst'

/** When there will be room again. */
export interface Room {
  readonly at: number
  readonly window: RateWindow
}

interface Gauge {
  /** When one more event may come: not later than `now`, if it may come at once. */
  freeAt(now: number): number
  take(now: number): void
}

/** Counts against one rate limit. All times are milliseconds since the same moment. */
export class RateMeter {
  readonly #gauges: readonly (readonly [RateWindow, Gauge])[]

  constructor(limit: RateLimit) {
    this.#gauges = gaugesOf(limit)
  }

  /** The limit that is reached, and when there is room again; `undefined` if there is room now. */
  full(now: number): Room | undefined {
    let latest: Room | undefined
    for (const [window, gauge] of this.#gauges) {
      const at = gauge.freeAt(now)
      if (at > now && !(latest && latest.at >= at)) latest = { at, window }
    }
    return latest
  }

  take(now: number): void {
    for (const [, gauge] of this.#gauges) gauge.take(now)
  }
}

function gaugesOf({ perSecond, perMinute, perHour, burst }: RateLimit): readonly (readonly [RateWindow, Gauge])[] {
  const gauges: (readonly [RateWindow, Gauge])[] = []
  if (perSecond !== undefined) gauges.push(['second', new SlidingWindow(perSecond, 1_000)])
  if (perMinute !== undefined) gauges.push(['minute', new SlidingWindow(perMinute, 60_000)])
  if (perHour !== undefined) gauges.push(['hour', new SlidingWindow(perHour, 3_600_000)])
  const rate = perSecond ?? (perMinute !== undefined ? perMinute / 60 : perHour !== undefined ? perHour / 3_600 : burst)
  if (burst !== undefined) gauges.push(['burst', new TokenBucket(burst, (rate ?? burst) / 1_000)])
  return gauges
}

const slots = 50
/** One more than the span has, because the oldest slot lies only partly in the span. */
const places = slots + 1

/**
 * A limit for any span of time of one length. Events are counted in slots, and the oldest slot counts as a whole, so that no
 * span has more events than the limit, wherever it begins.
 */
class SlidingWindow implements Gauge {
  readonly #limit: number
  readonly #width: number
  readonly #counts = new Uint32Array(places)
  #newest = Number.NEGATIVE_INFINITY
  #sum = 0

  constructor(limit: number, span: number) {
    this.#limit = limit
    this.#width = span / slots
  }

  freeAt(now: number): number {
    this.#moveTo(now)
    if (this.#sum < this.#limit) return now
    for (let slot = this.#newest - slots; slot <= this.#newest; slot++)
      if ((this.#counts[this.#placeOf(slot)] ?? 0) > 0) return (slot + places) * this.#width
    return Number.POSITIVE_INFINITY
  }

  take(now: number): void {
    this.#moveTo(now)
    const place = this.#placeOf(this.#newest)
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#sum++
  }

  #moveTo(now: number): void {
    const slot = Math.floor(now / this.#width)
    if (slot - this.#newest > slots) {
      this.#counts.fill(0)
      this.#sum = 0
      this.#newest = slot
    }
    while (this.#newest < slot) {
      const place = this.#placeOf(++this.#newest)
      this.#sum -= this.#counts[place] ?? 0
      this.#counts[place] = 0
    }
  }

  #placeOf(slot: number): number {
    return ((slot % places) + places) % places
  }
}

/** A limit for one moment; its tokens return evenly. */
class TokenBucket implements Gauge {
  readonly #size: number
  readonly #perMs: number
  #tokens: number
  #at = Number.NEGATIVE_INFINITY

  constructor(size: number, perMs: number) {
    this.#size = size
    this.#perMs = perMs
    this.#tokens = size
  }

  freeAt(now: number): number {
    this.#fill(now)
    return now + Math.ceil((1 - this.#tokens) / this.#perMs)
  }

  take(now: number): void {
    this.#fill(now)
    this.#tokens--
  }

  #fill(now: number): void {
    if (now > this.#at && this.#tokens < this.#size)
      this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}
