import assert from 'node:assert/strict'
import type { Address, Message, Messages, Transport } from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'

/** One transport, or its two ends where partitions live in different processes: what one end opens, the other end reaches. */
export type Ends = Transport | readonly [Transport, Transport]

/** What a transport may leave out, as long as it says so. */
export interface TransportAbilities {
  /** Whether it finds out that nobody is at an address. True by default. */
  readonly knowsNobody?: boolean
}

/** The two ends, and what has arrived at each address. */
interface Stage {
  readonly near: Transport
  readonly far: Transport
  /** Opens an address and collects what arrives there. */
  open(transport: Transport, address: Address): Message[]
  /** Sends, and fails the case if the message is said to reach nobody. */
  send(transport: Transport, to: Address, ...messages: readonly Message[]): void
  /** Waits until something is so. */
  until(isSo: () => boolean): Promise<void>
}

type Check = (stage: Stage) => Promise<void>

/**
 * What the port `Transport` promises, as cases for any test runner: run them on a transport of your own.
 *
 * @example
 * describe('my transport', () => {
 *   for (const { name, run } of transportContract(() => myTransport())) it(name, run)
 * })
 *
 * @param create makes a transport on which nothing is open, or two ends of it; the case that asked for it closes it
 */
export function transportContract(
  create: () => Ends | Promise<Ends>,
  { knowsNobody = true }: TransportAbilities = {},
): readonly ContractCase[] {
  const checks = { ...itDelivers, ...(knowsNobody ? itKnowsNobody : {}), ...itEnds }
  const open = async () => {
    const ends = await create()
    return 'open' in ends ? stageOf(ends, ends) : stageOf(...ends)
  }
  return casesOf(checks, open, async ({ near, far }) => {
    await near.close()
    await far.close()
  })
}

const itDelivers: Readonly<Record<string, Check>> = {
  async 'carries a message to its address, as it was, whatever is in it'({ near, far, open, send, until }) {
    const arrived = open(far, 'party/p1')
    const data = ['', 'ä€', '👩‍🎤', '\u0000\n"\\\u2028', { deep: [{ ['']: null }, 1e21, 0.1, false] }, [], {}]
    send(near, 'party/p1', ask(1, { data, again: { takenBy: 2 } }))
    await until(() => arrived.length >= 1)
    assert.deepEqual(arrived, [ask(1, { data, again: { takenBy: 2 } })])
  },

  async 'carries messages from each end to the other'({ near, far, open, send, until }) {
    const there = open(far, 'party/p1')
    const here = open(near, 'runtime')
    send(near, 'party/p1', ask(1))
    send(far, 'runtime', ask(2))
    await until(() => there.length + here.length >= 2)
    assert.deepEqual([there, here], [[ask(1)], [ask(2)]])
  },

  async 'carries a long message'({ near, far, open, send, until }) {
    const arrived = open(far, 'party/p1')
    send(near, 'party/p1', ask(1, { data: 'ä€'.repeat(50_000) }))
    await until(() => arrived.length >= 1)
    assert.deepEqual(arrived, [ask(1, { data: 'ä€'.repeat(50_000) })])
  },

  async 'delivers the messages for an address once each, in the order of sending'({ near, far, open, send, until }) {
    const arrived = open(far, 'party/p1')
    const sent = Array.from({ length: 200 }, (_, place) => ask(place))
    send(near, 'party/p1', ...sent)
    await until(() => arrived.length >= sent.length)
    assert.deepEqual(arrived, sent)
  },

  async 'delivers to the address alone that a message is for'({ near, far, open, send, until }) {
    const arrived = open(far, 'party/p1')
    const others = [open(far, 'party/p10'), open(far, 'party/p'), open(near, 'runtime')]
    send(near, 'party/p1', ask(1))
    await until(() => arrived.length >= 1)
    assert.deepEqual(others, [[], [], []])
  },

  async 'takes the address of any party'({ near, far, open, send, until }) {
    const addresses = ['party/A_b-9', `party/${'x'.repeat(200)}`, 'runtime']
    const arrived = addresses.map(address => open(far, address))
    for (const [place, address] of addresses.entries()) send(near, address, ask(place))
    await until(() => arrived.every(({ length }) => length >= 1))
    assert.deepEqual(arrived, [[ask(0)], [ask(1)], [ask(2)]])
  },
}

const itKnowsNobody: Readonly<Record<string, Check>> = {
  async 'says once that a message reaches nobody, and harms no other message'({ near, far, open, send, until }) {
    const arrived = open(far, 'party/p1')
    let said = 0
    near.send('party/nobody', ask(1), () => said++)
    send(near, 'party/p1', ask(2))
    await until(() => said > 0 && arrived.length >= 1)
    assert.equal(said, 1)
  },
}

const itEnds: Readonly<Record<string, Check>> = {
  async 'delivers nothing to an address that was closed, until it is opened again'({ near, far, open, send, until }) {
    const early: Message[] = []
    far.open('party/p1', message => early.push(message))()
    const other = open(far, 'party/p2')
    near.send('party/p1', ask(1), () => {})
    send(near, 'party/p2', ask(2))
    await until(() => other.length >= 1)
    const late = open(far, 'party/p1')
    send(near, 'party/p1', ask(3))
    await until(() => late.length >= 1)
    assert.deepEqual([early, late], [[], [ask(3)]])
  },

  async 'keeps an address that was opened again when the first opening ends'({ near, far, open, send, until }) {
    const leave = far.open('party/p1', () => {})
    const arrived = open(far, 'party/p1')
    leave()
    send(near, 'party/p1', ask(1))
    await until(() => arrived.length >= 1)
  },

  async 'delivers nothing once it is closed, and may be closed again'({ near, far, open }) {
    const arrived = open(far, 'party/p1')
    await far.close()
    await near.close()
    try {
      near.send('party/p1', ask(1), () => {})
    } catch {
      // It may refuse, too.
    }
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
    assert.deepEqual(arrived, [])
  },
}

/** Turns of the event loop for a message at most, of a millisecond each: fewer than the time limits of test runners. */
const patience = 3_000

function stageOf(near: Transport, far: Transport): Stage {
  return {
    near,
    far,
    open(transport, address) {
      const arrived: Message[] = []
      transport.open(address, message => arrived.push(message))
      return arrived
    },
    send(transport, to, ...messages) {
      for (const message of messages) transport.send(to, message, () => assert.fail(`Nobody was found at "${to}".`))
    },
    async until(isSo) {
      for (let turns = 0; turns < patience && !isSo(); turns++) await new Promise(resolve => setTimeout(resolve, 1))
      assert.ok(isSo(), 'What was sent never arrived.')
    },
  }
}

function ask(place: number, more: Partial<Messages['ask']> = {}): Messages['ask'] {
  return {
    type: 'ask',
    from: 'runtime',
    ask: `runtime/agent/${place}`,
    request: 'contract.request',
    data: { place },
    source: 'runtime/agent',
    origin: { correlationid: `c${place}` },
    behalf: [],
    ...more,
  }
}
