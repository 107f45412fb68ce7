import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../src/mail/envelope.ts'
import { Mailbox } from '../../src/mail/mailbox.ts'
import { type MailboxOptions, mailboxRules, type Overflow } from '../../src/mail/mailbox-options.ts'
import { runs } from '../support/runs.ts'

const aging = 100
const types = ['a', 'b', 'c'] as const
/** Events of this type replace each other if their words are the same. */
const coalesce = { c: ({ data }: { readonly data: unknown }) => `${data}` }

/** What happens to a mailbox. */
type Act =
  | {
      readonly do: 'offer'
      readonly type: string
      readonly priority: number
      readonly word: string
      readonly lasts: boolean
    }
  | { readonly do: 'take'; readonly accepts: readonly string[] | undefined }
  | { readonly do: 'put back' | 'sweep' | 'clear' }
  | { readonly do: 'wait'; readonly ms: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('offer'),
      type: fc.constantFrom(...types),
      priority: fc.integer({ min: 1, max: 7 }),
      word: fc.constantFrom('x', 'y'),
      lasts: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('take'), accepts: fc.option(fc.subarray([...types]), { nil: undefined }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('put back', 'sweep', 'clear') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 0, max: 250 }) }) },
)

/** Few places, so that it is full, and many. */
const capacities = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 200 }))

/** An event that waits, as the model knows it. */
interface Waiting {
  readonly envelope: Envelope
  /** Only the journal holds it. */
  readonly spilled: boolean
  /** Its agent crashed on it: it waits again, and no newer event replaces it. */
  readonly isBack: boolean
  /** Since when it counts as waiting. */
  since: number
}

/** The same mailbox as a plain list, which is searched again each time. */
class Model {
  waiting: Waiting[] = []
  /** By priority: the time of the oldest event, of those that followed each other while the journal alone held some. */
  readonly #spilledSince = new Map<number, number>()
  readonly capacity: number
  readonly overflow: Overflow

  constructor(capacity: number, overflow: Overflow) {
    this.capacity = capacity
    this.overflow = overflow
  }

  get inMemory(): readonly Waiting[] {
    return this.waiting.filter(({ spilled }) => !spilled)
  }

  get full(): boolean {
    return this.inMemory.length >= this.capacity || this.inMemory.length < this.waiting.length
  }

  /** The event that comes first: each priority counts as some time of waiting, and in one priority the oldest is first. */
  first(accepts: readonly string[] | undefined): Waiting | undefined {
    const firsts = new Map<number, Waiting>()
    for (const one of this.waiting.toSorted((a, b) => a.envelope.seq - b.envelope.seq))
      if ((accepts?.includes(one.envelope.type) ?? true) && !firsts.has(one.envelope.priority))
        firsts.set(one.envelope.priority, one)
    const turn = ({ since, envelope }: Waiting) => since + envelope.priority * aging
    return [...firsts.values()].toSorted((a, b) => turn(a) - turn(b) || a.envelope.priority - b.envelope.priority)[0]
  }

  remove(gone: Envelope): void {
    this.waiting = this.waiting.filter(({ envelope }) => envelope !== gone)
  }

  add(envelope: Envelope, isBack = false): void {
    this.waiting.push({ envelope, spilled: false, isBack, since: envelope.time })
  }

  /** What is lost when one more event comes. */
  offer(envelope: Envelope, wanted: boolean, expired: (envelope: Envelope) => boolean): readonly string[] {
    const isSame = ({ envelope: { type, data }, isBack }: Waiting) => type === 'c' && data === envelope.data && !isBack
    const older = envelope.type === 'c' ? this.inMemory.find(isSame) : undefined
    if (older) {
      this.remove(older.envelope)
      this.add(envelope)
      return [`${older.envelope.id} coalesced`]
    }
    if (!this.full || (wanted && this.inMemory.length < 2 * this.capacity)) {
      this.add(envelope)
      return []
    }
    const over = this.sweep(expired).map(id => `${id} expired`)
    if (!this.full) {
      this.add(envelope)
      return over
    }
    return [...over, ...this.#overflowed(envelope)]
  }

  #overflowed(envelope: Envelope): readonly string[] {
    if (this.overflow === 'backpressure') {
      const { priority, time } = envelope
      if (!this.waiting.some(one => one.spilled && one.envelope.priority === priority))
        this.#spilledSince.set(priority, time)
      // The mailbox does not know the times of these events.
      this.waiting.push({ envelope, spilled: true, isBack: false, since: this.#spilledSince.get(priority) ?? time })
      return []
    }
    const least = this.inMemory
      .filter(one => one.envelope.priority >= envelope.priority)
      .toSorted((a, b) => b.envelope.priority - a.envelope.priority || a.envelope.seq - b.envelope.seq)[0]
    if (this.overflow !== 'drop-oldest' || !least) return [`${envelope.id} overflow`]
    this.remove(least.envelope)
    this.add(envelope)
    return [`${least.envelope.id} overflow`]
  }

  sweep(over: (envelope: Envelope) => boolean): readonly string[] {
    const gone = this.inMemory.filter(({ envelope }) => over(envelope)).map(({ envelope }) => envelope)
    for (const envelope of gone) this.remove(envelope)
    return gone.toSorted((a, b) => a.priority - b.priority || a.seq - b.seq).map(({ id }) => id)
  }
}

describe('a mailbox', () => {
  it.each<Overflow>(['backpressure', 'reject', 'drop-newest', 'drop-oldest'])(
    'does as a list that is searched each time, whatever happens: %s',
    overflow => {
      fc.assert(
        fc.property(capacities, fc.array(act, { maxLength: 200, size: 'max' }), (capacity, acts) => {
          const options: MailboxOptions = { capacity, overflow, coalesce }
          const mailbox = new Mailbox(mailboxRules(options), aging)
          const model = new Model(capacity, overflow)
          let now = 1_000
          let seq = 0
          let last: Envelope | undefined
          const isOver = ({ expirytime = Number.POSITIVE_INFINITY }: Envelope) => expirytime < now
          for (const one of acts) {
            if (one.do === 'wait') now += one.ms
            else if (one.do === 'offer') {
              const envelope = envelopeOf(++seq, now, one)
              const isWanted = one.word === 'y' && one.type === 'a'
              const losses = mailbox.offer(envelope, true, { isExpired: isOver }, isWanted) ?? []
              expect(losses.map(({ envelope: { id }, why }) => `${id} ${why}`)).toEqual(
                model.offer(envelope, isWanted, isOver),
              )
            } else if (one.do === 'take') last = taken(mailbox, model, one.accepts)
            else if (one.do === 'put back') {
              if (last) mailbox.putBack(last)
              if (last) model.add(last, true)
              last = undefined
            } else if (one.do === 'sweep') {
              const losses = mailbox.sweep(envelope => (isOver(envelope) ? 'expired' : undefined))
              expect(losses.map(({ envelope: { id } }) => id)).toEqual(model.sweep(isOver))
            } else {
              expect(mailbox.clear().map(({ id }) => id)).toEqual(model.sweep(() => true))
            }
            expect(figuresOf(mailbox)).toEqual(figuresOfModel(model))
          }
        }),
        { numRuns: runs(40) },
      )
    },
  )
})

/** Takes the next event of both. What only the journal holds is read back when the mailbox asks for it. */
function taken(mailbox: Mailbox, model: Model, accepts: readonly string[] | undefined): Envelope | undefined {
  const filter = accepts && ((type: string) => accepts.includes(type))
  expect(mailbox.has(filter)).toBe(model.first(accepts) !== undefined)
  for (;;) {
    const expected = model.first(accepts)
    const got = mailbox.take(filter)
    if (!got || !('places' in got)) {
      expect(got?.id).toBe(expected?.envelope.id)
      if (got) model.remove(got)
      return got
    }
    expect(got.priority).toBe(expected?.envelope.priority)
    expect(got.places[0]?.seq).toBe(expected?.envelope.seq)
    for (const { place, seq } of got.places) {
      const one = model.waiting.find(({ envelope }) => envelope.seq === seq)
      if (!one?.spilled) throw new Error(`only what the journal holds is read back, not ${seq}`)
      mailbox.load(got.priority, place, one.envelope)
      one.since = one.envelope.time
    }
  }
}

function figuresOf(mailbox: Mailbox) {
  const { size, spilled, full, expiring } = mailbox
  const ids = Array.from(mailbox, ({ id }) => id)
  const has = types.filter(type => mailbox.has(one => one === type))
  return { size, spilled, full, expiring, ids, has, any: mailbox.has(undefined) }
}

function figuresOfModel(model: Model): ReturnType<typeof figuresOf> {
  const { waiting, inMemory, full } = model
  const ordered = inMemory.map(({ envelope }) => envelope).toSorted((a, b) => a.priority - b.priority || a.seq - b.seq)
  return {
    size: waiting.length,
    spilled: waiting.length - inMemory.length,
    full,
    expiring: ordered.filter(({ expirytime }) => expirytime !== undefined).length,
    ids: ordered.map(({ id }) => id),
    has: types.filter(type => waiting.some(({ envelope }) => envelope.type === type)),
    any: waiting.length > 0,
  }
}

function envelopeOf(
  seq: number,
  now: number,
  { type, priority, word, lasts }: Extract<Act, { do: 'offer' }>,
): Envelope {
  return {
    id: `e${seq}`,
    seq,
    type,
    priority,
    data: word,
    time: now,
    ...(!lasts && { expirytime: now + 200 }),
    source: 'runtime',
    version: 1,
    correlationid: `e${seq}`,
  }
}
