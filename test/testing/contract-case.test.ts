import {
  type Around,
  createRuntime,
  type Journal,
  localTransport,
  memoryJournal,
  type SpanEnd,
  type Transport,
} from 'troupe'
import {
  aroundContract,
  type ContractCase,
  createSimulatedClock,
  heldJournal,
  ownershipContract,
  seededRandom,
  sharedOwnership,
  slowJournal,
  transportContract,
} from 'troupe/testing'
import { describe, expect, it } from 'vitest'

interface Seen {
  readonly id: string
  readonly parent: undefined
  status: SpanEnd['status'] | undefined
}

/** An ownership and an around whose functions are methods. */
class Ports {
  readonly #clock = createSimulatedClock()
  readonly #shared = sharedOwnership({ clock: this.#clock, lease: 1_000 })
  readonly #spans: Seen[] = []
  readonly around: Around = {
    begin: () => {
      const span: Seen = { id: `${this.#spans.length}`, parent: undefined, status: undefined }
      this.#spans.push(span)
      return {
        end: ({ status }) => {
          span.status = status
        },
      }
    },
  }
  join(name: string) {
    return this.#shared.join(name)
  }
  lose(name: string) {
    this.#shared.pause(name)
    this.#clock.advance(1_000)
    this.#shared.resume(name)
  }
  seen() {
    return this.#spans
  }
}

const named = (cases: readonly ContractCase[], part: string) => cases.find(({ name }) => name.includes(part))

describe('a contract', () => {
  it.each(ownershipContract(() => new Ports()))('takes an ownership that is a class: $name', ({ run }) => run())

  it('takes an around that is a class', async () => {
    await named(
      aroundContract(() => new Ports()),
      'records each span once',
    )?.run()
  })

  it('says which promise is broken, and by what', async () => {
    const twice = (): Transport => {
      const inner = localTransport()
      return {
        ...inner,
        send(...all) {
          inner.send(...all)
          inner.send(...all)
        },
      }
    }
    const inOrder = named(transportContract(twice), 'once each')
    await expect(inOrder?.run()).rejects.toThrow(
      'The contract promises: it delivers the messages for an address once each',
    )
    const alone = named(transportContract(twice), 'to the address alone')
    await expect(alone?.run()).resolves.toBeUndefined()
    const everybody = { ...sharedOwnership().join('one'), claim: () => ({ ...nobodys, epoch: 1 }) }
    const refuses = named(
      ownershipContract(() => ({ join: () => everybody })),
      'refuses a claim',
    )
    await expect(refuses?.run()).rejects.toThrow(
      'It gave "p" to a second runtime. Refuse that with PartitionOwnedError.',
    )
  })
})

const nobodys = { lost: new AbortController().signal, release: async () => {} }

it.each([
  ['slow', slowJournal(seededRandom(1), classJournal())],
  ['held', heldJournal(classJournal())],
])('a %s journal stands in front of a journal that is a class', async (_, journal) => {
  const runtime = await createRuntime({ journal }).start()
  await runtime.stop()
  await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' })
})

/** A journal whose functions are found in its prototype alone. */
function classJournal(): Journal {
  return Object.create(memoryJournal())
}
