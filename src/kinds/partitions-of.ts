import { TroupeError } from '../errors.ts'
import { checkPartitionId } from '../mail/address.ts'
import type { PartitionKind } from '../state/kind.ts'
import { partitionErrors } from './errors.ts'
import { type KindGround, Lives } from './lives.ts'
import { PartitionRef } from './partition-ref.ts'
import type { Quarantined } from './registry.ts'

/** A partition that the journal holds and that cannot go on as things are. */
export interface QuarantinedPartition extends Quarantined {
  readonly id: string
}

/**
 * The partitions of a kind of your own. What was opened stays: the next process restores it.
 *
 * @example
 * const main = await runtime.partitions(ledger).open('main')
 */
export class PartitionsOf<S extends object = object> {
  readonly #ground: KindGround
  /** @internal */
  readonly kind: PartitionKind<S>
  /** @internal */
  readonly lives: Lives<PartitionRef<S>>
  /** The partitions that are being created, for further calls of `open`. */
  readonly #opening = new Map<string, Promise<PartitionRef<S>>>()

  constructor(kind: PartitionKind<S>, ground: KindGround) {
    const { prefix } = kind
    const make = (id: string): PartitionRef<S> => {
      const one: PartitionRef<S> = new PartitionRef(kind, id, {
        ...ground,
        refused: error => this.lives.refused(one, error),
      })
      return one
    }
    this.#ground = ground
    this.kind = kind
    this.lives = new Lives({ prefix, errors: partitionErrors(prefix), make }, ground)
  }

  /**
   * The partition of this id. If there is none, it is created, and its agents start; resolves when that is durable.
   *
   * @param id letters a to z, digits, "-" and "_", 200 at most
   * @throws IllegalIdError, PartitionQuarantinedError, PartitionExistsError, PartitionOwnedError, AgentStartError, RuntimeStateError,
   *   JournalAppendError
   */
  async open(id: string): Promise<PartitionRef<S>> {
    this.#ground.system.checkRunning()
    checkPartitionId(id, `partition of kind ${this.kind.prefix}`)
    const { present, quarantined, beginning, recovering } = this.lives.registry
    await recovering.get(id)
    const opening = this.#opening.get(id)
    if (opening) return opening
    if (present.has(id) && !beginning.has(id) && !this.lives.registry.isLeaving(id)) return this.get(id)
    if (quarantined.has(id)) return this.get(id)
    const created = this.lives.create(id, ({ life }) => life.begin({})).finally(() => this.#opening.delete(id))
    this.#opening.set(id, created)
    return created
  }

  /** One that was opened, in this process or before. @throws PartitionNotFoundError, PartitionQuarantinedError */
  get(id: string): PartitionRef<S> {
    return this.lives.registry.get(id)
  }

  /** All that work, the oldest first. */
  list(): readonly PartitionRef<S>[] {
    return this.lives.registry.list()
  }

  /** Those that the journal holds and that cannot go on as things are, and why. */
  quarantined(): readonly QuarantinedPartition[] {
    return Array.from(this.lives.registry.quarantined, ([id, why]) => ({ id, ...why }))
  }

  /**
   * Restores one that is quarantined, once you have fixed the reason, or that failed because its supervisor gave up.
   *
   * @throws PartitionQuarantinedError if it still cannot, PartitionFailedError if it has failed again, PartitionNotFoundError,
   *   RuntimeStateError
   */
  async retry(id: string): Promise<PartitionRef<S>> {
    this.#ground.system.checkRunning()
    return this.lives.restore(id, { isRetry: true })
  }

  /**
   * Stops one and forgets it, its journal too: its id is free. If the journal does not forget it, it is quarantined.
   *
   * @throws PartitionNotFoundError, and the error of a journal that does not forget it
   */
  async delete(id: string): Promise<void> {
    await this.lives.delete(id)
  }
}

/** Whether these are the partitions of a kind. */
export function isOfKind<S extends object>(known: unknown, kind: PartitionKind<S>): known is PartitionsOf<S> {
  // A copy in which tests have replaced agents is the same kind: `apply` is a function of its own for each kind.
  return known instanceof PartitionsOf && known.kind.apply === kind.apply
}

/** The runtime was made without this kind of partitions. */
export class PartitionKindUnregisteredError extends TroupeError {
  readonly code = 'PARTITION_KIND_UNREGISTERED'
  readonly kind: string
  constructor(kind: string) {
    super(`This runtime does not know the partition kind "${kind}". Register it: createRuntime({ kinds: [${kind}] }).`)
    this.kind = kind
  }
}
