import assert from 'node:assert/strict'
import {
  createRuntime,
  type Journal,
  memoryJournal,
  type PartitionKind,
  type PartitionRef,
  type Runtime,
} from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'
import { framesOf } from './journal/samples.ts'
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts'

/** A kind of partitions, and how a program works with one. */
export interface PartitionKindUse<S extends object> {
  readonly kind: PartitionKind<S>
  /** Works with a partition, and ends when it is done. It is called again after a crash, so what is asked twice must count once. */
  play(
    partition: PartitionRef<S>,
    scene: { readonly runtime: Runtime; readonly clock: SimulatedClock },
  ): Promise<unknown>
  /** Throws unless a state is as every durable state must be. */
  check?(state: Readonly<S>): void
}

type Append = Parameters<Journal['append']>
type Check = <S extends object>(use: PartitionKindUse<S>) => Promise<void>

/**
 * What the port of partition kinds promises, as cases for any test runner: run them on a kind of your own.
 *
 * @example
 * const play = (main: PartitionRef) => main.agent('bookkeeper').ask(hold, { id: 'h1', amount: 30 })
 * for (const { name, run } of partitionKindContract({ kind: ledger, play })) it(name, run)
 *
 * @param use the kind, and how a program works with one of its partitions
 */
export function partitionKindContract<S extends object>(use: PartitionKindUse<S>): readonly ContractCase[] {
  return casesOf<PartitionKindUse<S>>(checks, () => use)
}

const checks: Readonly<Record<string, Check>> = {
  async 'has the state in the next process that it had in the last'(use) {
    const { journal } = recording()
    const before = await played(use, journal)
    assert.deepEqual(await stateIn(use, journal), before)
  },

  async 'goes on after a crash at any append, and comes to the same state'(use) {
    const { journal, appends } = recording()
    const whole = await played(use, journal)
    assert.ok(appends.length > 2, 'the play is too short to crash in it')
    for (let written = 0; written <= appends.length; written++) {
      const state = await played(use, await cut(appends, written))
      const crash = `after a crash with ${written} of ${appends.length} appends written`
      assert.deepEqual(state, whole, `${crash}, and what \`play\` asks again must count once`)
    }
  },

  async 'is as it must be in every durable state, also after a crash at any append'(use) {
    const { journal, appends } = recording()
    await played(use, journal)
    for (let written = 1; written <= appends.length; written++) {
      const left = await cut(appends, written)
      if ((await framesOf(left, addressIn(use))).length > 0) use.check?.(await stateIn(use, left))
    }
  },

  async 'is left alone by a program that does not register it'(use) {
    const { journal } = recording()
    const before = await played(use, journal)
    const frames = await framesOf(journal, addressIn(use))
    const stranger = await createRuntime({ journal, log: 'silent' }).start()
    const [away] = stranger.parties.quarantined()
    await stranger.stop()
    assert.equal(away?.partyId, addressIn(use))
    assert.equal(away?.code, 'PARTITION_KIND_UNKNOWN')
    assert.deepEqual(await framesOf(journal, addressIn(use)), frames)
    assert.deepEqual(await stateIn(use, journal), before)
  },

  async 'is forgotten when it is deleted, and may be opened anew'(use) {
    const { journal } = recording()
    const before = await played(use, journal)
    await running(use, journal, async runtime => {
      await runtime.partitions(use.kind).delete(id)
      assert.deepEqual(runtime.partitions(use.kind).list(), [])
      assert.deepEqual(await framesOf(journal, addressIn(use)), [])
      const anew = await runtime.partitions(use.kind).open(id)
      assert.deepEqual(anew.state, use.kind.initial)
    })
    assert.deepEqual(await played(use, journal), before)
  },

  async 'knows nothing of another one'(use) {
    await running(use, recording().journal, async (runtime, clock) => {
      const [one, other] = [await runtime.partitions(use.kind).open(id), await runtime.partitions(use.kind).open('p2')]
      await use.play(one, { runtime, clock })
      await one.idle()
      assert.deepEqual(other.state, use.kind.initial)
    })
  },
}

const id = 'p1'

function addressIn<S extends object>({ kind }: PartitionKindUse<S>): string {
  return `${kind.prefix}/${id}`
}

/** Plays in one process, and gives the state that comes of it. */
function played<S extends object>(use: PartitionKindUse<S>, journal: Journal): Promise<Readonly<S>> {
  return running(use, journal, async (runtime, clock) => {
    const partition = await runtime.partitions(use.kind).open(id)
    const stop = partition.watch(state => use.check?.(state))
    await use.play(partition, { runtime, clock })
    await partition.idle()
    stop()
    use.check?.(partition.state)
    return partition.state
  })
}

/** The state with which the partition begins in the next process. */
function stateIn<S extends object>(use: PartitionKindUse<S>, journal: Journal): Promise<Readonly<S>> {
  return running(use, journal, async runtime => runtime.partitions(use.kind).get(id).state)
}

async function running<S extends object, T>(
  { kind }: PartitionKindUse<S>,
  journal: Journal,
  work: (runtime: Runtime, clock: SimulatedClock) => Promise<T>,
): Promise<T> {
  const clock = createSimulatedClock()
  const runtime = await createRuntime({ kinds: [kind], journal, clock, log: 'silent' }).start()
  try {
    return await work(runtime, clock)
  } finally {
    await runtime.stop()
  }
}

/** A journal that outlives its runtimes, and every append that it took. */
function recording(): { readonly journal: Journal; readonly appends: Append[] } {
  const inner = memoryJournal()
  const appends: Append[] = []
  const journal: Journal = {
    ...inner,
    async append(...append) {
      await inner.append(...append)
      appends.push(append)
    },
    close: async () => {},
  }
  return { journal, appends }
}

/** What a process leaves that dies when so many of its appends are written. */
async function cut(appends: readonly Append[], written: number): Promise<Journal> {
  const { journal } = recording()
  for (const append of appends.slice(0, written)) await journal.append(...append)
  return journal
}
