import { describe, it } from 'node:test'
import {
  type Around,
  localTransport,
  type Ownership,
  PartitionOwnedError,
  systemScheduler,
  type Transport,
} from 'troupe'
import { aroundContract, ownershipContract, schedulerContract, transportContract } from 'troupe/testing'

/** A transport that counts what it carries, in front of another one. */
function countingTransport(inner = localTransport()): Transport & { readonly carried: number } {
  let carried = 0
  return {
    open: (address, receive) => inner.open(address, receive),
    send(to, message, undelivered) {
      carried++
      inner.send(to, message, undelivered)
    },
    close: () => inner.close(),
    get carried() {
      return carried
    },
  }
}

/** A partition belongs to the runtime that claims it first, until that runtime releases it or is away. */
class Owners {
  readonly #owners = new Map<string, { readonly name: string; readonly gone: AbortController }>()
  readonly #epochs = new Map<string, number>()

  join(name: string): Ownership {
    return {
      isShared: true,
      choose: partitions => partitions,
      ownerOf: partition => this.#owners.get(partition)?.name,
      claim: (partition, above) => {
        const other = this.#owners.get(partition)
        if (other) throw new PartitionOwnedError(partition, other.name)
        const epoch = Math.max(above, this.#epochs.get(partition) ?? 0) + 1
        const owner = { name, gone: new AbortController() }
        this.#epochs.set(partition, epoch)
        this.#owners.set(partition, owner)
        const release = async () => {
          if (this.#owners.get(partition) === owner) this.#owners.delete(partition)
        }
        return { epoch, lost: owner.gone.signal, release }
      },
      close: async () => void this.#leave(name),
    }
  }

  lose(name: string) {
    for (const { gone } of this.#leave(name)) gone.abort()
  }

  #leave(name: string) {
    const left = [...this.#owners].filter(([, owner]) => owner.name === name)
    for (const [partition] of left) this.#owners.delete(partition)
    return left.map(([, owner]) => owner)
  }
}

/** A scheduler that draws lots among the agents that are ready. */
const lots = () => ({
  ...systemScheduler,
  next: (ready: readonly unknown[]) => Math.floor(Math.random() * ready.length),
})

/** Counts what a runtime does, by kind. */
function counting(counts = new Map<string, number>()): Around {
  return { begin: ({ kind }) => void counts.set(kind, (counts.get(kind) ?? 0) + 1) }
}

describe('ports of my own', () => {
  for (const { name, run } of transportContract(() => countingTransport())) it(`transport: ${name}`, run)
  for (const { name, run } of ownershipContract(() => new Owners())) it(`ownership: ${name}`, run)
  for (const { name, run } of schedulerContract(() => lots())) it(`scheduler: ${name}`, run)
  const arounds = aroundContract(() => ({ around: counting() }), { records: false }) // nobody looks at its spans
  for (const { name, run } of arounds) it(`around: ${name}`, run)
})
