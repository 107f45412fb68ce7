import { systemRecovered } from '../events/runtime-events.ts'
import type { Frame } from '../journal/frame.ts'
import type { InHand, PartitionInfo } from '../journal/journal.ts'
import { recall } from '../journal/recall.ts'
import type { Crew } from '../lifecycle/crew.ts'
import { type Address, partyOf, runtimePartition } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { RecoveryNeeds } from './needs.ts'
import { recoverAll, recoverOutsideLate, recoverPartition } from './order.ts'
import { nobody, recallOwner } from './owner.ts'

/** Goes on where the last owner of a journal ended: `order.ts` lists the phases. Recoveries run one after the other. */
export class Recovery {
  readonly #needs: RecoveryNeeds
  /** What the last owner was handing to an agent when it ended. */
  #inHand: InHand | undefined
  /** Whether all that the journal held is recovered. */
  #isOver = false
  readonly #underWay = new Set<Promise<unknown>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(needs: RecoveryNeeds) {
    this.#needs = needs
  }

  /** Recovers all that the journal holds; resolves to whether agents outside the parties were restored. */
  all(): Promise<boolean> {
    return this.#during(this.#inTurn(() => this.#all()))
  }

  /** Recovers one partition that is not in memory. If it cannot be recovered, that is reported, and nothing is thrown. */
  async one(partition: Address, how: { readonly isRetry: boolean }): Promise<void> {
    return this.#during(this.#one(partition, how))
  }

  /** Recovers the agents outside the parties, which another runtime owned; resolves to whether there were any. */
  outside(): Promise<boolean> {
    const { system } = this.#needs
    return this.#during(
      this.#inTurn(async () => {
        const owner = await recallOwner(system)
        const release = system.ready.hold()
        const chosen = new Set([runtimePartition])
        return await recoverOutsideLate(this.#needs, { ...(owner ?? nobody), chosen }).finally(release)
      }),
    )
  }

  /** Whether anything is being recovered. */
  get isUnderWay(): boolean {
    return this.#underWay.size > 0
  }

  /**
   * Resolves when the events of other partitions that agents outside the parties have heard so far, or missed in another process, are
   * durable.
   */
  async heard(): Promise<void> {
    const { links, timers } = this.#needs.system
    await Promise.allSettled(this.#underWay)
    await links?.arrived(runtimePartition, timers)
    // A recovery may have begun another partition for these agents.
    await this.#needs.outside.watermark.reached()
  }

  /**
   * The runtime stops in order. Records jumps of the date in all partitions, and then that the owner left: from there, the next
   * process calculates how much time timers and deadlines have left.
   */
  leave(): void {
    const { system, outside } = this.#needs
    for (const partition of system.partitions()) partition.frames.recordJump()
    const isEmpty = [...system.partitions()].every(({ watermark }) => watermark.head === 0)
    if (this.#isOver && !isEmpty) outside.append({ kind: 'supervision' }, [{ kind: 'left', seq: outside.nextSeq() }])
  }

  /** Recalls a partition once more, for saved agents that are spawned only now, and spawns them right then. */
  async late<T>(partition: Partition, crew: Crew, spawn: () => T): Promise<T> {
    // The date may have jumped since it was last read, and it is about to be used to calculate the time that is left.
    partition.frames.recordJump()
    const meanwhile: Frame[] = []
    const stopFollowing = partition.frames.follow(frame => meanwhile.push(frame))
    try {
      await partition.watermark.reached()
      const { standing } = await recall(this.#needs.system.journal, { partition: partition.address, epoch: 0 })
      for (const frame of meanwhile) if (frame.position > standing.position) standing.take(frame)
      crew.restoring.recallLate(standing)
      return spawn()
    } finally {
      stopFollowing()
    }
  }

  async #all(): Promise<boolean> {
    const { system, outside, recovering, recovered, quarantined } = this.#needs
    const startedAt = system.clock.elapsed()
    const owner = await recallOwner(system)
    if (!owner) {
      this.#isOver = true
      return false
    }
    system.ids.after?.(owner.epoch)
    this.#inHand = owner.inHand
    const release = system.ready.hold()
    recovering()
    try {
      const isRestored = await recoverAll(this.#needs, owner)
      recovered()
      this.#isOver = true
      const away = quarantined()
      const isParty = ({ partition }: PartitionInfo) =>
        partyOf(partition) !== undefined && system.claims.isOwned(partition)
      const parties = owner.partitions.filter(isParty).length - away.parties
      const durationMs = system.clock.elapsed() - startedAt
      outside.report(systemRecovered({ parties, quarantined: away.all, durationMs }))
      return isRestored
    } finally {
      release()
    }
  }

  async #one(address: Address, how: { readonly isRetry: boolean }): Promise<void> {
    const { system } = this.#needs
    const reached = () =>
      system
        .partition(address)
        ?.watermark.reached()
        .catch(() => {})
    await reached()
    await this.#inTurn(async () => {
      const release = system.ready.hold()
      await recoverPartition(this.#needs, address, this.#inHand, how).finally(release)
    })
    await reached()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  #during<T>(work: Promise<T>): Promise<T> {
    const over = work.finally(() => this.#underWay.delete(over))
    this.#underWay.add(over)
    return over
  }
}
