import { localTransport, memoryJournal, type Transport } from 'troupe'
import { channelTransport } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { lost, nothingLost } from '../support/program.ts'
import { passUntil, settle, startRuntime } from '../support/runtime.ts'

/** Ways in which a transport of message channels breaks. */
const ways = [
  {
    how: 'loses all messages from a moment on',
    open() {
      let isBroken = false
      const transport = channelTransport({ lose: () => isBroken })
      return {
        transport,
        break() {
          isBroken = true
        },
      }
    },
  },
  {
    how: 'is closed',
    open() {
      const transport = channelTransport()
      return { transport, break: () => transport.close() }
    },
  },
  {
    how: 'throws from a moment on',
    open() {
      const inner = channelTransport()
      let isBroken = false
      const send: Transport['send'] = (to, message, undelivered) => {
        if (isBroken) throw new Error('the line is cut')
        inner.send(to, message, undelivered)
      }
      return {
        transport: { ...inner, send },
        break() {
          isBroken = true
        },
      }
    },
  },
]

describe.each(ways)('a transport that $how', ({ open }) => {
  /** The trainer of a party has asked the dog outside, which answers after 5 s, and the transport breaks meanwhile. */
  async function broken() {
    const { transport, break: cut } = open()
    const party = petsParty(trainerAgent('runtime/dog', 10_000))
    const { runtime, clock } = await startRuntime({ journal: memoryJournal(), party, agents: [dogAgent()], transport })
    const p1 = await runtime.parties.create({ id: 'p1' })
    await p1.addInput('later')
    await settle()
    expect(runtime.agent('dog').snapshot()?.value).toBe('remembering')
    await cut()
    /** Lets time pass, and messages of that time. */
    const pass = async (ms: number) => {
      for (let at = 0; at < ms; at += 1_000) {
        clock.advance(1_000)
        await settle()
      }
    }
    return { runtime, clock, pass, said: () => p1.state.said }
  }

  it('lets an ask that is under way end at its deadline', async () => {
    const { runtime, pass, said } = await broken()
    await pass(9_000)
    expect(said()).toEqual([])
    await pass(1_000)
    expect(said()).toEqual(['ASK_TIMEOUT'])
    await pass(2_000)
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('leaves the agents at work', async () => {
    const { runtime, pass } = await broken()
    await pass(12_000)
    await runtime.bus.publish(command({ word: 'a' }))
    expect(await runtime.ask('runtime/dog', trick, { name: 'roll' })).toEqual({ done: 'roll' })
  })

  it('does not keep the runtime from stopping in order', async () => {
    const { runtime, pass } = await broken()
    let isStopped = false
    const stopping = runtime.stop().then(() => {
      isStopped = true
    })
    await pass(12_000)
    expect(isStopped).toBe(true)
    await stopping
  })

  it('ends an ask that begins then', async () => {
    const { runtime, pass, said } = await broken()
    await pass(12_000)
    await runtime.parties.get('p1').addInput('roll')
    await pass(11_000)
    expect(said()).toHaveLength(2)
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })
})

describe('a transport that cannot be closed', () => {
  it.each([
    {
      how: 'it throws',
      close() {
        throw new Error('stuck')
      },
    },
    { how: 'it rejects', close: () => Promise.reject(new Error('stuck')) },
    { how: 'it never ends', close: () => new Promise<never>(() => {}) },
  ])('does not keep the runtime from stopping: $how', async ({ close }) => {
    const { runtime, clock } = await startRuntime({
      journal: memoryJournal(),
      party: petsParty(),
      transport: { ...localTransport(), close },
    })
    await passUntil(clock, runtime.stop())
    await expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
  })
})
