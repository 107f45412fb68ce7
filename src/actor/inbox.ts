import type { Agent } from '../agent/agent.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Accepts } from '../mail/lane.ts'
import { type Loss, Mailbox, type WhyOver } from '../mail/mailbox.ts'
import { WaitingRoom } from '../mail/waiting-room.ts'

/** The figures of a mailbox. */
export interface MailboxFigures {
  /** Events that wait, in memory or in the journal. */
  readonly depth: number
  /** The part of `depth` that only the journal holds. */
  readonly spilled: number
  /** Milliseconds since the oldest event in memory was published; 0 when none waits. */
  readonly age: number
  /** Milliseconds that the agent has been busy without a break; 0 when it is not. */
  readonly busy: number
}

/** Whose events wait in an inbox. */
interface InboxOwner {
  readonly address: Address
  readonly agent: Agent
  readonly status: string
  /** Which types the agent takes while it is busy; `undefined` when it is not busy. */
  accepts(): Accepts
}

/** The clock of an inbox. */
interface Times {
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  now(): number
  /** Whether the time to live of an event is over. */
  isExpired(envelope: Envelope): boolean
}

/**
 * What waits for one agent: the mailbox, the publishers that wait for a place in it, and the mailboxes that the agent gave up while
 * the journal still holds events of them.
 */
export class Inbox {
  readonly #owner: InboxOwner
  readonly #times: Times
  // An agent without mail has no mailbox: a hundred thousand of them may be idle.
  #mailbox: Mailbox | undefined
  #room: WaitingRoom | undefined
  #givenUp: readonly Mailbox[] | undefined

  constructor(owner: InboxOwner, times: Times) {
    this.#owner = owner
    this.#times = times
  }

  /** The mailbox, which this makes if there is none. */
  get mailbox(): Mailbox {
    this.#mailbox ??= new Mailbox(this.#owner.agent.mailbox, this.#times.aging)
    return this.#mailbox
  }

  /** The mailbox, if the agent has ever had mail. */
  get used(): Mailbox | undefined {
    return this.#mailbox
  }

  /** How many events wait. */
  get waiting(): number {
    let waiting = this.#mailbox?.size ?? 0
    for (const { size } of this.#givenUp ?? none) waiting += size
    return waiting
  }

  get figures(): Omit<MailboxFigures, 'busy'> {
    const now = this.#times.now()
    let oldest = now
    for (const { time } of this.#mailbox ?? none) oldest = Math.min(oldest, time)
    return { depth: this.waiting, spilled: this.#mailbox?.spilled ?? 0, age: now - oldest }
  }

  /** Where publishers wait while the mailbox is full, if its overflow policy is `backpressure`. */
  get room(): WaitingRoom {
    const { address, agent } = this.#owner
    this.#room ??= new WaitingRoom(address, agent.mailbox.capacity, this.#times.aging)
    return this.#room
  }

  /** Gives free places to the publishers that wait for them. */
  offerRoom(): void {
    if (this.#mailbox) this.#room?.offer(this.#mailbox, this.#owner.accepts())
  }

  /** A publisher that had a reserved place gave up: the next publisher gets the place. */
  giveUpPlace(): void {
    this.#room?.use()
    this.offerRoom()
  }

  /** Puts an event into the mailbox, and returns the events that were given up for it. */
  offer(envelope: Envelope, journalled: boolean): readonly Loss[] | undefined {
    const { mailbox } = this
    const wanted = mailbox.full && this.#wants(envelope.type)
    return mailbox.offer(envelope, journalled, this.#times, wanted)
  }

  /** Whether any waiting event has an expiry time. */
  get mayExpire(): boolean {
    return (this.#mailbox?.expiring ?? 0) > 0
  }

  /** Removes the events whose time is over from the mailbox, and returns them. Waiting publishers get the places. */
  sweep(whyOver: WhyOver): readonly Loss[] {
    const losses = this.#mailbox?.sweep(whyOver) ?? none
    this.offerRoom()
    return losses
  }

  /** Whether a publisher from outside has to wait for room. */
  isCrowded(type: string): boolean {
    const mailbox = this.#mailbox
    const { status, agent } = this.#owner
    if (!mailbox || status === 'stopped' || agent.mailbox.overflow !== 'backpressure') return false
    const hasRoom = this.#room ? this.#room.isFree(mailbox) : !mailbox.full
    return !hasRoom && !this.#wants(type)
  }

  /** Whether the mailbox is full and refuses an event that is addressed to this agent. */
  isRejecting(type: string): boolean {
    const { status, agent } = this.#owner
    if (agent.mailbox.overflow !== 'reject' || status === 'stopped') return false
    return (this.#mailbox?.full ?? false) && !this.#wants(type)
  }

  /** Empties the mailbox, and ends the waiting of publishers for room in it; returns the events that waited in memory. */
  clear(): readonly Envelope[] {
    this.#room?.open()
    return this.#mailbox?.clear() ?? []
  }

  /** Begins with an empty mailbox; returns the former one if some of its events are only in the journal. */
  renew(): Mailbox | undefined {
    const spilled = this.#mailbox?.spilled ? this.#mailbox : undefined
    this.#mailbox = undefined
    // Spilled events count as waiting until they are read back and become dead letters.
    if (spilled) this.#givenUp = [...(this.#givenUp ?? []), spilled].filter(({ size }) => size > 0)
    return spilled
  }

  /** Whether the agent is busy, and takes events of this type nevertheless. */
  #wants(type: string): boolean {
    return this.#owner.accepts()?.(type) ?? false
  }
}

const none: readonly never[] = []
