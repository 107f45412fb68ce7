import { type Address, type Claim, type Clock, type Ownership, PartitionOwnedError, systemClock } from '../index.ts'

/** How long a runtime owns what it has claimed without saying that it is still there, and whose time counts. */
export interface SharedOwnershipOptions {
  /** Moves the time of the leases; that of the machine by default. */
  readonly clock?: Clock
  /** Milliseconds after which a runtime that renews its leases no more has lost them; 15,000 by default. */
  readonly lease?: number
}

/** What one runtime takes. */
export interface JoinOptions {
  /** Whether it takes a partition when it starts and when another runtime has ended; every partition by default. */
  readonly takes?: (partition: Address) => boolean
}

/** The ownership of partitions that several runtimes of one process share, over one journal. */
export interface SharedOwnership {
  /** The ownership of one runtime, which others know by this name. */
  join(name: string, options?: JoinOptions): Ownership
  /**
   * Stops a runtime from renewing its leases, as if its process did not run. After the lease, others own what it owned, and it does
   * not know of that.
   */
  pause(name: string): void
  /** The runtime runs again, and its claims that are over abort now. */
  resume(name: string): void
}

/**
 * An ownership in memory, with leases: several runtimes of one process share a journal, and take over the partitions of a runtime
 * that ends, or that is paused for longer than its lease.
 *
 * @example
 * const shared = sharedOwnership({ clock })
 * const first = await createRuntime({ party, journal, clock, ownership: shared.join('first') }).start()
 * const second = await createRuntime({ party, journal, clock, ownership: shared.join('second') }).start()
 * shared.pause('first')
 * clock.advance(15_000) // the parties of the first runtime go on in the second
 */
export function sharedOwnership({ clock = systemClock, lease = 15_000 }: SharedOwnershipOptions = {}): SharedOwnership {
  const leases = new Leases(clock, lease)
  const members = new Map<string, Member>()
  return {
    join(name, { takes = () => true } = {}) {
      const member: Member = { name, takes, followers: new Set(), ended: [], isPaused: false, hasLeft: false }
      members.set(name, member)
      return ownershipOf(member, leases)
    },
    pause(name) {
      const member = members.get(name)
      if (member) member.isPaused = true
    },
    resume(name) {
      const member = members.get(name)
      if (!member) return
      member.isPaused = false
      for (const { controller } of member.ended.splice(0)) controller.abort()
    },
  }
}

function ownershipOf(member: Member, leases: Leases): Ownership {
  leases.members.add(member)
  return {
    isShared: true,
    choose: partitions => partitions.filter(member.takes),
    claim: (partition, above) => leases.claim(partition, above, member),
    ownerOf: partition => leases.at(partition)?.member.name,
    follow(take) {
      member.followers.add(take)
      return () => member.followers.delete(take)
    },
    async close() {
      member.hasLeft = true
      leases.leave(member)
    },
  }
}

/** One runtime. */
interface Member {
  readonly name: string
  readonly takes: (partition: Address) => boolean
  readonly followers: Set<(partition: Address) => void>
  /** Leases that have ended while the runtime was paused. */
  readonly ended: Lease[]
  isPaused: boolean
  hasLeft: boolean
}

interface Lease {
  readonly partition: Address
  readonly member: Member
  readonly claim: Claim
  readonly controller: AbortController
  /** Stops its timer. */
  cancel(): void
}

/** A lease is renewed so often in its time. */
const renewals = 3

/** The leases of all runtimes. */
class Leases {
  readonly members = new Set<Member>()
  readonly #leases = new Map<Address, Lease>()
  /** The last epoch of each partition. */
  readonly #epochs = new Map<Address, number>()
  readonly #clock: Clock
  readonly #length: number

  constructor(clock: Clock, length: number) {
    this.#clock = clock
    this.#length = length
  }

  at(partition: Address): Lease | undefined {
    return this.#leases.get(partition)
  }

  /** @throws PartitionOwnedError */
  claim(partition: Address, above: number, member: Member): Claim {
    const given = this.#leases.get(partition)
    if (given?.member === member) return given.claim
    if (given || member.hasLeft) throw new PartitionOwnedError(partition, given?.member.name)
    const epoch = Math.max(above, this.#epochs.get(partition) ?? 0) + 1
    const controller = new AbortController()
    const claim: Claim = { epoch, lost: controller.signal, release: async () => this.#release(lease) }
    const lease: Lease = { partition, member, claim, controller, cancel: () => {} }
    this.#epochs.set(partition, epoch)
    this.#leases.set(partition, lease)
    this.#keep(lease, renewals)
    return claim
  }

  /** A runtime ends: releases all that it owns. */
  leave(member: Member): void {
    member.followers.clear()
    this.members.delete(member)
    for (const lease of [...this.#leases.values()]) if (lease.member === member) this.#release(lease)
  }

  /** Renews a lease again and again, and lets it end when its runtime is paused for all of its time. */
  #keep(lease: Lease, left: number): void {
    const tick = () => {
      if (!lease.member.isPaused) this.#keep(lease, renewals)
      else if (left > 1) this.#keep(lease, left - 1)
      else this.#expire(lease)
    }
    lease.cancel = this.#clock.after(this.#length / renewals, tick, { background: true })
  }

  #expire(lease: Lease): void {
    this.#end(lease)
    if (lease.member.isPaused) lease.member.ended.push(lease)
    else lease.controller.abort()
    this.#offer(lease)
  }

  #release(lease: Lease): void {
    if (this.#leases.get(lease.partition) !== lease) return
    this.#end(lease)
    this.#offer(lease)
  }

  #end(lease: Lease): void {
    lease.cancel()
    this.#leases.delete(lease.partition)
  }

  /** Offers a partition without an owner to the other runtimes, the oldest first. */
  #offer({ partition, member: before }: Lease): void {
    for (const member of [...this.members]) {
      if (member === before || member.isPaused || !member.takes(partition)) continue
      for (const take of [...member.followers]) if (!this.#leases.has(partition)) take(partition)
    }
  }
}
