import { agentTypes, defineAgent, defineEvent, effect } from 'troupe'
import {
  alwaysFollowedBy,
  asked,
  before,
  CheckError,
  createTestRuntime,
  died,
  eventually,
  never,
  published,
  ran,
  restarted,
} from 'troupe/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

const order = z.object({ id: z.string() })
const placed = defineEvent('shop.placed', order)
const approved = defineEvent('shop.approved', order)
const shipped = defineEvent('shop.shipped', order)

/** Ships an approved order, a minute after it was charged for. An order without an id breaks it. */
const clerk = defineAgent({
  name: 'clerk',
  hears: [approved],
  says: [shipped],
  machine: setup({
    types: agentTypes({ context: { id: '' }, hears: [approved], says: [shipped] }),
    actors: { charge: effect('charge', ({ id }: { id: string }) => id) },
  }).createMachine({
    id: 'clerk',
    context: { id: '' },
    initial: 'free',
    states: {
      free: {
        on: {
          'shop.approved': {
            target: 'charging',
            actions: assign(({ event }) => {
              if (event.data.id === '') throw new Error('an order without an id')
              return { id: event.data.id }
            }),
          },
        },
      },
      charging: { invoke: { src: 'charge', input: ({ context }) => context, onDone: 'packing' } },
      packing: {
        after: { 60_000: { target: 'free', actions: emit(({ context: { id } }) => shipped({ id })) } },
      },
    },
  }),
})

let test: Awaited<ReturnType<typeof createTestRuntime>>

beforeEach(async () => {
  test = await createTestRuntime({ agents: [clerk], events: [placed], log: 'silent' })
  return () => test.stop()
})

const publish = async (event: typeof placed | typeof approved, id: string) =>
  void (await test.runtime.bus.publish(event({ id })))

/** An order that is shipped after a crash. */
async function run(): Promise<void> {
  await publish(placed, 'a')
  await publish(approved, 'a')
  await test.pass('30 s')
  test.crash()
  await test.restart()
  await test.pass('30 s')
}

/** The message of the check that fails. */
function failing(check: () => void): string {
  try {
    check()
  } catch (error) {
    if (error instanceof CheckError) return error.message.replaceAll(/ at \d+$/gm, ' at N')
    throw error
  }
  throw new Error('the check has passed')
}

describe('eventually', () => {
  it('passes on an event, work or request that happened, also after a crash', async () => {
    await run()
    eventually(test, placed)
    eventually(test, 'shop.shipped')
    eventually(
      test.record,
      published(shipped, ({ id }) => id === 'a'),
    )
    eventually(test, ran('charge'))
  })

  it('fails on what did not happen, and shows what did and what led to the last event', async () => {
    await run()
    expect(
      failing(() =>
        eventually(
          test,
          published(shipped, ({ id }) => id === 'b'),
        ),
      ),
    ).toBe(
      `eventually: expected that "shop.shipped" as described is published, but that did not happen.
What was published: shop.placed, shop.approved, shop.shipped.
The last event, and what led to it:
  runtime/clerk says shop.shipped {"id":"a"}
      60.0 s  runtime at N
  because 60000 ms are over for runtime/clerk
      60.0 s  runtime at N
  because charge is done, for runtime/clerk "a"
      0.0 s  runtime at N
  because somebody outside says shop.approved {"id":"a"}
      0.0 s  runtime at N`,
    )
    expect(failing(() => eventually(test, ran('refund')))).toContain('\nWhat ran: charge.\n')
    expect(failing(() => eventually(test, asked('shop.price')))).toContain('\nWhat was asked: nothing.\n')
  })
})

describe('never', () => {
  it('passes on what did not happen', async () => {
    await run()
    never(test, died(approved))
    never(test, restarted('runtime/clerk'))
  })

  it('fails on what happened, and shows what led to it', async () => {
    await publish(approved, '')
    await test.settle()
    const message = failing(() =>
      never(
        test,
        died(approved, reason => reason === 'failed'),
      ),
    )
    expect(message).toContain('never "shop.approved" as described becomes a dead letter, but that happened.')
    expect(message).toContain('It failed on: "shop.approved" became a dead letter, runtime/clerk, at 0.0 s')
    expect(message).toContain('somebody outside says shop.approved {"id":""}')
    expect(failing(() => never(test, restarted('runtime/clerk')))).toContain('"runtime/clerk" restarted')
  })
})

describe('before', () => {
  it('passes when each second thing has its first thing before it, also in another process', async () => {
    await run()
    before(test, placed, shipped)
    before(test, approved, ran('charge'))
    before(test, approved, shipped, (one, other) => one.id === other.id)
  })

  it('passes when the second thing never happened', () => {
    before(test, placed, shipped)
  })

  it('fails on a second thing that came first', async () => {
    await publish(approved, 'b')
    await publish(placed, 'a')
    await test.pass('1 min')
    await publish(placed, 'b')
    before(test, placed, shipped)
    const message = failing(() => before(test, placed, shipped, (one, other) => one.id === other.id))
    expect(message).toContain('expected that "shop.placed" is published before "shop.shipped" is published')
    expect(message).toContain(`It failed on: "shop.shipped" was published, runtime/clerk, at 60.0 s { id: 'b' }`)
    expect(message).toContain('because 60000 ms are over for runtime/clerk')
    expect(failing(() => before(test, shipped, ran('charge')))).toContain('"charge" ran, runtime/clerk')
  })
})

describe('alwaysFollowedBy', () => {
  it('passes when each first thing is followed, in time', async () => {
    await run()
    alwaysFollowedBy(test, approved, shipped)
    alwaysFollowedBy(test, approved, shipped, { same: (one, other) => one.id === other.id, within: '1 min' })
    alwaysFollowedBy(test, 'shop.cancelled', shipped)
  })

  it('fails on a first thing that is not followed, or too late', async () => {
    await run()
    const late = failing(() => alwaysFollowedBy(test, approved, shipped, { within: '59 s' }))
    expect(late).toContain('"shop.shipped" is published within 59 s each time after "shop.approved" is published')
    await publish(approved, 'b')
    const message = failing(() => alwaysFollowedBy(test, approved, shipped))
    expect(message).toContain(`It failed on: "shop.approved" was published, runtime, at 60.0 s { id: 'b' }`)
    expect(message).toContain('What was published after it: nothing.')
    alwaysFollowedBy(
      test,
      published(approved, ({ id }) => id === 'a'),
      shipped,
    )
  })

  it('tells things of the same kind apart', async () => {
    await publish(approved, 'a')
    await publish(placed, 'a')
    await test.pass('1 min')
    const other = { same: (one: { id: string }, next: { id: string }) => one.id !== next.id }
    expect(() => alwaysFollowedBy(test, approved, shipped, other)).toThrow(CheckError)
  })
})

it('a check knows the payloads of the events that it is given', () => {
  // @ts-expect-error: no such field
  before(test, placed, shipped, (one, other) => one.id === other.price)
  // @ts-expect-error: no such field
  const where = published(placed, data => data.price === 3)
  never(test, where)
})
