import { agentTypes, defineAgent, defineEvent, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { type AnyActorRef, assign, emit, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

const poked = defineEvent('refs.poked', z.object({ how: z.string() }))
const noted = defineEvent('refs.noted', z.object({ count: z.int() }))
const context: { count: number } = { count: 0 }

/** Two agents, one of which has got hold of XState's ref of the other and uses it. */
const isError = ({ data }: { readonly data: unknown }) => systemError.schema.parse(data).severity === 'error'

async function withLeakedRef() {
  const leaked: { ref: AnyActorRef | undefined } = { ref: undefined }
  const quietMachine = setup({ types: agentTypes({ context, hears: [noted], says: [noted] }) }).createMachine({
    context,
    entry: ({ self }) => {
      leaked.ref = self
    },
    on: {
      'refs.noted': {
        actions: [
          assign(({ context: { count } }) => ({ count: count + 1 })),
          // What it says itself comes back to it, and must not go round.
          emit(({ context: { count } }) => noted({ count })),
        ],
        guard: ({ context: { count } }) => count === 0,
      },
    },
  })
  const pokerMachine = setup({ types: agentTypes({ context, hears: [poked], says: [noted] }) }).createMachine({
    context,
    on: {
      'refs.poked': [
        {
          guard: ({ event }) => event.data.how === 'sendTo',
          actions: sendTo(
            () => leaked.ref ?? '',
            () => noted({ count: 1 }),
          ),
        },
        { actions: () => leaked.ref?.send(noted({ count: 1 })) },
      ],
    },
  })
  const { runtime } = await startRuntime({
    agents: [
      defineAgent({ name: 'quiet', machine: quietMachine, hears: [], says: [noted] }),
      defineAgent({ name: 'poker', machine: pokerMachine, hears: [poked], says: [noted] }),
    ],
  })
  const poke = async (how: string) => {
    await runtime.bus.publish(poked({ how }))
    await runtime.idle()
    return runtime.bus.history({ type: 'refs.noted' })
  }
  return { runtime, poke }
}

describe('a ref of XState that leaked to another agent', () => {
  it('with sendTo: the event takes the single road, with an envelope and a mailbox', async () => {
    const { runtime, poke } = await withLeakedRef()
    expect(await poke('sendTo')).toMatchObject([
      { source: 'runtime/poker', to: 'runtime/quiet' },
      { source: 'runtime/quiet' },
    ])
    expect(runtime.bus.metrics()).toMatchObject({ created: 2, handled: 2 })
  })

  it('with a bare send in a custom action: an error, and the other agent does not get the event', async () => {
    const { runtime, poke } = await withLeakedRef()
    expect(await poke('bare')).toEqual([])
    expect(runtime.bus.history({ type: 'system.error' }).filter(isError)).toMatchObject([
      { data: { severity: 'error', code: 'STRAY_SEND', address: 'runtime/poker' } },
    ])
  })
})
