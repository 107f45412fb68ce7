import type { Step } from '../actor/step.ts'
import { CheckedEvent, type EventDefinition, type EventOf } from '../events/event.ts'
import type { Continuation } from '../journal/append.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Cause, Entry, Frame } from '../journal/frame.ts'
import type { Checkpoint, Checkpoints } from '../journal/journal.ts'
import type { AppendFailure } from '../journal/ownership.ts'
import { Watermark } from '../journal/watermark.ts'
import { LazySet } from '../lazy-maps.ts'
import { type Address, ownAddressOf, partyOf, splitAddress } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Handled, Origin } from '../mail/handled.ts'
import { type Facts, type Place, sealed } from '../mail/seal.ts'
import { beginAppend } from './append-span.ts'
import type { Shown } from './partition-observer.ts'
import { PartitionTime } from './partition-time.ts'
import { StepCheckpoint } from './step-checkpoint.ts'
import type { System } from './system.ts'

/** The state that belongs to a partition, if the partition is a party's. */
export interface PartitionState<T> {
  readonly live: T
  readonly shown: { readonly version: number; readonly status: string }
  apply(entries: readonly Entry[], time: number): void
  /** Makes a state visible; `false` if it is visible already. */
  show(state: T): boolean
  /** The shown state for a snapshot. */
  saved(): unknown
}

/** What the frames of a partition need from its runtime. */
type Ground = Pick<System, 'clock' | 'journal' | 'claims' | 'ids' | 'catalog' | 'persistence' | 'around'>

/** What happens after an append. */
interface Outcome {
  /** A frame is durable. */
  durable(shown: Shown): void
  /** The journal refused frames. */
  failed(error: AppendFailure): void
  /** A function threw that was called because a frame is durable. */
  fault(error: unknown): void
}

/** The journal of a partition: its positions, its time, and the frames that it appends. */
export class Frames implements Place {
  readonly address: Address
  readonly party: string | undefined
  readonly partition: Address | undefined
  readonly watermark: Watermark<Shown>
  readonly #ground: Ground
  readonly #state: PartitionState<unknown> | undefined
  readonly #time: PartitionTime
  readonly #followers = new LazySet<(frame: Frame) => void>()
  #seq = 0
  #isSuspended = false
  #isUnrecorded = false

  constructor(ground: Ground, address: Address, state: PartitionState<unknown> | undefined, outcome: Outcome) {
    this.#ground = ground
    this.address = address
    this.party = partyOf(address)
    this.partition = ownAddressOf(address)
    this.#state = state
    this.#time = new PartitionTime(ground.clock, () => this.#seq)
    const { around } = ground
    this.watermark = new Watermark(ground.journal, address, {
      durable: shown => outcome.durable(shown),
      checkpoints: checkpointsOf,
      ...(around && { appending: (batch: readonly Shown[]) => beginAppend(around, this, batch) }),
      failed: error => outcome.failed(error),
      fault: error => outcome.fault(error),
    })
  }

  /**
   * Goes on after the frames that another owner has left. Nothing has happened in the partition yet.
   *
   * @param setBack milliseconds by which the clock was set back while no process had the partition
   */
  continue(from: Continuation, standing: Pick<Standing, 'time' | 'jumps'>, setBack = 0): void {
    this.#seq = from.position
    this.#time.continue(standing, setBack)
    this.watermark.continue({ ...from, claim: this.#ground.claims.at(this.address) })
  }

  /** Writes the first frames of the partition under the epoch of its claim. */
  begin({ epoch }: Pick<Continuation, 'epoch'>): void {
    this.watermark.continue({ epoch, position: 0, claim: this.#ground.claims.at(this.address) })
  }

  // ---- positions and time ----

  /** The newest position that was given away. */
  get seq(): number {
    return this.#seq
  }

  nextSeq(): number {
    return ++this.#seq
  }

  /** The time of what happens now, epoch milliseconds; never behind the last frame, even if the clock was set back. */
  now(): number {
    return this.#time.now()
  }

  /** What the clock shows, epoch milliseconds: everything that waits for a date here waits for this date. */
  date(): number {
    return this.#time.date()
  }

  /** Milliseconds since any fixed moment, to measure durations. */
  elapsed(): number {
    return this.#ground.clock.elapsed()
  }

  /** Whether an event's time to live is over, so that it must not be delivered. */
  isExpired({ expirytime, seq }: Envelope): boolean {
    return expirytime !== undefined && this.#time.isAfter(expirytime, seq)
  }

  /** Records a jump of the clock, if no frame does so yet: then everything waits as long as before in the next process too. */
  recordJump(): void {
    const date = this.date()
    // If the journal holds nothing of the partition yet, its first frame records the jump.
    if (!this.#time.isUnrecorded || this.watermark.head === 0 || !this.#isRecording) return
    // The time of the partition stays as it is, because the clock may be set back again.
    const frame = this.#frameOf(date, { kind: 'supervision' }, [])
    this.#keep({ frame, said: [], step: undefined, state: this.#state?.live, checkpoints: undefined })
  }

  // ---- envelopes ----

  /** Makes the envelope of an event that is said here now. The envelope also says whether the event is journalled. */
  seal(event: EventOf, facts: Facts = {}): Envelope {
    const envelope = sealed(event, facts, this)
    const { persistence } = this.#ground
    // Requests and replies have a rule of their own.
    if (persistence === undefined || envelope.ask !== undefined) return envelope
    return persistence.decided(envelope, this.definitionOf(event).persist)
  }

  nextId(): string {
    return this.#ground.ids.next()
  }

  definitionOf(event: EventOf): EventDefinition {
    // The event knows its definition if the definition made it, as nearly always. That is faster than a look-up.
    return CheckedEvent.definitionOf(event) ?? this.#ground.catalog.event(event.type)
  }

  persistsAsk(type: string): boolean {
    return this.#ground.catalog.persists(type)
  }

  // ---- frames ----

  /** Appends a frame. The state changes at once, in journal order; what was said becomes visible when the frame is durable. */
  append(
    cause: Cause,
    entries: readonly Entry[],
    said: readonly Envelope[] = [],
    step?: Step,
    checkpointsAt?: (position: number) => Checkpoints,
  ): void {
    if (!this.#isRecording) return
    const date = this.date()
    // The clock may be set back between an envelope and its frame.
    this.#time.goOn(Math.max(date, said.at(-1)?.time ?? 0))
    // This happens before the append, because an event that cannot be applied must not be journalled either.
    this.#state?.apply(entries, this.#time.last)
    const frame = this.#frameOf(date, cause, entries)
    this.#keep({ frame, said, step, state: this.#state?.live, checkpoints: checkpointsAt?.(frame.position) })
  }

  /** Appends what came from outside, if any of it is journalled. */
  record(entries: readonly Entry[], said: readonly Envelope[] = []): void {
    if (entries.length > 0) this.append({ kind: 'outside' }, entries, said)
  }

  /** Appends that something ended outside the step that wanted it, and returns the position of that. */
  appendOutcome(entry: (seq: number) => Entry, type: string, origin: Origin): Handled {
    const seq = this.nextSeq()
    this.append({ kind: 'outcome' }, [entry(seq)])
    const { correlationid, causationid, request, trace } = origin
    return { seq, type, correlationid, causationid, request, trace }
  }

  /** Calls back with every frame that is appended from now on, before it is durable; the returned function ends that. */
  follow(follower: (frame: Frame) => void): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** Appends nothing while a function runs: the journal keeps things as they were. */
  unrecorded(happening: () => void): void {
    this.#isUnrecorded = true
    try {
      happening()
    } finally {
      this.#isUnrecorded = false
    }
  }

  /** Whether a function runs whose changes are not appended. */
  get isUnrecorded(): boolean {
    return this.#isUnrecorded
  }

  /** Appends nothing from now on: how the partition ends is not part of its journal. */
  suspend(): void {
    this.#isSuspended = true
  }

  get #isRecording(): boolean {
    return !this.#isSuspended && !this.#isUnrecorded
  }

  #frameOf(date: number, cause: Cause, entries: readonly Entry[]): Frame {
    const { address: partition } = this
    const time = this.#time.last
    // The frame comes after everything in it, so that the frame of a position is the first frame after it.
    const position = this.nextSeq()
    const clock = this.#time.reading(date)
    if (!clock) return { partition, position, time, cause, entries }
    return { partition, position, time, clock, cause, entries }
  }

  #keep(shown: Shown): void {
    if (this.#followers.size > 0) for (const follow of this.#followers) follow(shown.frame)
    this.watermark.append(shown)
  }
}

/** The checkpoint of each agent that stepped, after the last of these steps. */
function checkpointsOf(shown: readonly Shown[]): Checkpoints | undefined {
  let checkpoints: Map<string, Checkpoint | undefined> | undefined
  for (const { step, frame, checkpoints: others } of shown) {
    for (const [agent, checkpoint] of others ?? []) (checkpoints ??= new Map()).set(agent, checkpoint)
    // An agent that ignored an event is as it was before.
    if (step && step.outcome !== 'ignored')
      (checkpoints ??= new Map()).set(step.actor.name, new StepCheckpoint(step, frame.position))
    if (frame.cause.kind !== 'supervision') continue
    for (const entry of frame.entries)
      if (entry.kind === 'agent' && entry.what === 'stopped')
        (checkpoints ??= new Map()).set(splitAddress(entry.agent).name, undefined)
  }
  return checkpoints
}
