import assert from 'node:assert/strict'
import type { Claim, Ownership } from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'

/** An ownership to be tested, which several runtimes share. */
export interface OwnershipUnderTest {
  /** The ownership of one more runtime. */
  join(name: string): Ownership
  /**
   * Lets the claims of a runtime end as if it had not run for too long, and lets it know; left out where the
   * ownership is not shared.
   */
  lose?(name: string): void | Promise<void>
  /** Called after each case. */
  close?(): void | Promise<void>
}

/** What an ownership may leave out, as long as it says so. */
export interface OwnershipAbilities {
  /** Whether several runtimes share it. True by default. */
  readonly shared?: boolean
}

type Check = (under: OwnershipUnderTest) => Promise<void>

/**
 * What the port `Ownership` promises, as cases for any test runner: run them on an ownership of your own.
 *
 * @example
 * describe('my ownership', () => {
 *   for (const { name, run } of ownershipContract(() => myOwnership())) it(name, run)
 * })
 *
 * @param create makes an ownership of which nothing is claimed
 */
export function ownershipContract(
  create: () => OwnershipUnderTest | Promise<OwnershipUnderTest>,
  { shared = true }: OwnershipAbilities = {},
): readonly ContractCase[] {
  const checks = { ...itGivesClaims, ...(shared ? severalShareIt : oneHasAll) }
  return casesOf(
    checks,
    async () => apart(await create()),
    under => under.close?.(),
  )
}

/** The functions of what is tested, which checks take apart: they may be methods of a class. */
function apart(under: OwnershipUnderTest): OwnershipUnderTest {
  return {
    join: name => under.join(name),
    ...(under.lose && { lose: (name: string) => under.lose?.(name) }),
    close: () => under.close?.(),
  }
}

const itGivesClaims: Readonly<Record<string, Check>> = {
  async 'gives an epoch above that of the last writer'({ join }) {
    const one = join('one')
    checkAbove((await one.claim('p', 0)).epoch, 0)
    checkAbove((await one.claim('q', 7)).epoch, 7)
    assert.equal(Number.isSafeInteger((await one.claim('r', 2)).epoch), true)
  },

  async 'gives a greater epoch to each later claim of a partition'({ join }) {
    const one = join('one')
    let epoch = 0
    for (let times = 0; times < 5; times++) {
      const claim = await one.claim('p', epoch)
      checkAbove(claim.epoch, epoch)
      epoch = claim.epoch
      await claim.release()
    }
  },

  async 'keeps a claim as long as its runtime is there'({ join }) {
    const { lost } = await join('one').claim('p', 0)
    await Promise.resolve()
    assert.equal(lost.aborted, false)
  },

  async 'chooses for its runtime nothing that it was not shown'({ join }) {
    const shown = ['runtime', 'party/a', 'party/b']
    const chosen = await join('one').choose(shown)
    assert.deepEqual(
      chosen.filter(partition => !shown.includes(partition)),
      [],
    )
    assert.equal(new Set(chosen).size, chosen.length)
    assert.deepEqual([...(await join('two').choose([]))], [])
  },

  async 'can be released and closed more than once'({ join }) {
    const one = join('one')
    const claim = await one.claim('p', 0)
    await claim.release()
    await claim.release()
    await one.close()
    await one.close()
    await claim.release()
  },
}

const oneHasAll: Readonly<Record<string, Check>> = {
  async 'is not shared, and chooses all that it is shown, as it says'({ join }) {
    const one = join('one')
    assert.equal(one.isShared, false)
    assert.deepEqual([...(await one.choose(['runtime', 'p']))], ['runtime', 'p'])
  },
}

const severalShareIt: Readonly<Record<string, Check>> = {
  async 'refuses a claim of what another runtime owns'({ join }) {
    const [one, two] = [join('one'), join('two')]
    assert.equal(one.isShared, true)
    await one.claim('p', 0)
    await refused(two, 'p')
    await two.claim('q', 0)
    await refused(one, 'q')
  },

  async 'knows the owner of a partition by its name, or says nothing'({ join }) {
    const [one, two] = [join('one'), join('two')]
    assert.equal(one.ownerOf('p'), undefined)
    const claim = await one.claim('p', 0)
    for (const each of [one, two]) assert.equal(['one', undefined].includes(each.ownerOf('p')), true)
    await claim.release()
    assert.equal(one.ownerOf('p'), undefined)
  },

  async 'gives a partition to one of many that claim it at the same time'({ join }) {
    const all = Array.from({ length: 10 }, (_, place) => join(`r${place}`))
    const claims = await Promise.allSettled(all.map(async one => one.claim('p', 0)))
    const owners = claims.filter(({ status }) => status === 'fulfilled').length
    assert.equal(owners, 1, `${owners} of 10 runtimes own it.`)
  },

  async 'gives a partition that was released to another, under a greater epoch'({ join }) {
    const [one, two] = [join('one'), join('two')]
    const before = await one.claim('p', 3)
    await before.release()
    const after = await two.claim('p', 0)
    checkAbove(after.epoch, before.epoch)
    assert.equal(before.lost.aborted, false)
    await refused(one, 'p')
  },

  async 'takes nothing from the next owner when an earlier one releases once more'({ join }) {
    const [one, two, three] = [join('one'), join('two'), join('three')]
    const before = await one.claim('p', 0)
    await before.release()
    const after = await two.claim('p', before.epoch)
    await before.release()
    await one.close()
    await refused(three, 'p')
    assert.equal(after.lost.aborted, false)
  },

  async 'releases all that a runtime owns when it closes, and nothing of others'({ join }) {
    const [one, two] = [join('one'), join('two')]
    const epochs = [await one.claim('p', 0), await one.claim('q', 0)].map(({ epoch }) => epoch)
    const kept = await two.claim('r', 0)
    await one.close()
    const claims = [await two.claim('p', 0), await two.claim('q', 0)]
    for (const [place, { epoch }] of claims.entries()) checkAbove(epoch, epochs[place] ?? 0)
    assert.equal(kept.lost.aborted, false)
  },

  async 'aborts the claims of a runtime that was away for too long, and no others'(under) {
    const [one, two] = [under.join('one'), under.join('two')]
    const [gone, kept] = [await one.claim('p', 0), await two.claim('q', 0)]
    await lose(under, 'one')
    assert.equal(gone.lost.aborted, true)
    assert.equal(kept.lost.aborted, false)
    const next = await two.claim('p', 0)
    checkAbove(next.epoch, gone.epoch)
    await gone.release()
    await refused(one, 'p')
    assert.equal(next.lost.aborted, false)
  },

  async 'lets a runtime that has lost a partition claim it again, under a greater epoch'(under) {
    const one = under.join('one')
    const before = await one.claim('p', 0)
    await lose(under, 'one')
    const after: Claim = await one.claim('p', 0)
    checkAbove(after.epoch, before.epoch)
    assert.equal(after.lost.aborted, false)
  },

  async 'offers what has no owner any more to another, until that one stops following'(under) {
    const [one, two] = [under.join('one'), under.join('two')]
    const offered: string[] = []
    const stop = two.follow?.(partition => {
      offered.push(partition)
    })
    if (!stop) return
    await one.claim('p', 0)
    await one.claim('q', 0)
    assert.equal(offered.length, 0)
    await lose(under, 'one')
    assert.deepEqual(offered.toSorted(), ['p', 'q'])
    stop()
    await (await one.claim('r', 0)).release()
    assert.equal(offered.includes('r'), false)
  },
}

async function lose({ lose }: OwnershipUnderTest, name: string): Promise<void> {
  assert.ok(lose, 'Give the contract a function lose, or say that the ownership is not shared.')
  await lose(name)
}

function checkAbove(epoch: number, before: number): void {
  assert.ok(epoch > before, `The epoch ${epoch} is not greater than ${before}.`)
}

async function refused(ownership: Ownership, partition: string): Promise<void> {
  const claim = async () => ownership.claim(partition, 0)
  const words = `It gave "${partition}" to a second runtime. Refuse that with PartitionOwnedError.`
  await assert.rejects(claim, { code: 'PARTITION_OWNED', partition }, words)
}
