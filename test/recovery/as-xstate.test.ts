import { type Agent, defineAgent, defineEvent, type Runtime } from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AnyStateMachine, createActor, SimulatedClock } from 'xstate'
import * as z from 'zod'
import { type Act, type Example, machines } from '../support/machines.ts'
import { createProgram } from '../support/program.ts'
import { startRuntime } from '../support/runtime.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'

const said = defineEvent('said', z.object({ word: z.string() }))
const types = ['A', 'B', 'C', 'MOUSE.UP', 'MOUSE.DOWN']
const events = new Map(types.map(type => [type, defineEvent(type, z.object({}))]))

const agentOf = (machine: AnyStateMachine): Agent =>
  defineAgent<'tried', AnyStateMachine, never[], [typeof said], Record<never, never>>({
    name: 'tried',
    machine,
    hears: [...events.values()] as never[],
    says: [said],
  })

interface Seen {
  readonly status: unknown
  readonly value: unknown
  readonly context: unknown
  readonly said: readonly unknown[]
}

/** The result of XState alone. */
function bare({ machine, acts }: Example): Seen {
  const clock = new SimulatedClock()
  const words: unknown[] = []
  const actor = createActor(machine, { clock, logger: () => {} })
  actor.on('*', event => words.push(event.data))
  actor.start()
  for (const act of acts) {
    if (typeof act === 'number') clock.increment(act)
    else actor.send({ type: act, data: {} })
  }
  const { status, value, context } = actor.getSnapshot()
  return { status, value, context: withoutRefs(context), said: words }
}

/** Replaces actors in a context: Troupe's are other objects than XState's. */
function withoutRefs(context: unknown): unknown {
  return typeof context === 'object' && context !== null
    ? { ...context, ...('ref' in context && { ref: context.ref === undefined ? undefined : 'an actor' }) }
    : context
}

function seenIn(runtime: Pick<Runtime, 'bus' | 'agent'>): Seen {
  const { status, value, context } = runtime.agent('tried').snapshot() ?? {}
  return {
    status,
    value,
    context: withoutRefs(context),
    said: runtime.bus.history({ type: 'said' }).map(({ data }) => data),
  }
}

async function perform(runtime: Pick<Runtime, 'bus' | 'idle'>, act: Act, advance: (ms: number) => void): Promise<void> {
  const event = typeof act === 'number' ? undefined : events.get(act)
  if (typeof act === 'number') advance(act)
  else if (event) await runtime.bus.publish(event({}))
  await runtime.idle()
}

describe.each(machines.map(example => [example.name, example] as const))('%s', (_, example) => {
  const agents = [agentOf(example.machine)]

  it('has the same states here as in XState', async () => {
    const { runtime, clock } = await startRuntime({ agents })
    for (const act of example.acts) await perform(runtime, act, ms => clock.advance(ms))
    expect(seenIn(runtime)).toEqual(bare(example))
  })

  it('has the same states as in XState with a new process before every event', async () => {
    const program = createProgram()
    let runtime = await program.start({ agents })
    await runtime.idle()
    for (const act of example.acts) {
      runtime = await program.start({ agents })
      await runtime.idle()
      await perform(runtime, act, ms => program.clock.advance(ms))
    }
    expect(seenIn(runtime)).toEqual(bare(example))
  })
})

it('all machines have the same states as in XState on SQLite', async () => {
  // Starting the thread of SQLite takes longer than running a machine, so all machines share one.
  const one = temporaryJournal()
  onTestFinished(one.close)
  const journal = { ...one, close: async () => {} }
  for (const example of machines) {
    const { runtime, clock } = await startRuntime({ agents: [agentOf(example.machine)], journal })
    for (const act of example.acts) await perform(runtime, act, ms => clock.advance(ms))
    expect([example.name, seenIn(runtime)]).toEqual([example.name, bare(example)])
    await runtime.stop({ timeout: 0 })
    await journal.delete('runtime')
  }
}, 120_000)
