import { agentTypes, createRuntime, defineAgent, defineEvent, effect, type Journal, memoryJournal } from 'troupe'
import { setup } from 'xstate'
import * as z from 'zod'
import { record } from './recorder.ts'

// An effect is under way when its process ends. The next process calls it again.

const go = defineEvent('errands.go', z.object({}))
let called = Promise.withResolvers<void>()
let isLast = false

const boy = defineAgent({
  name: 'boy',
  hears: [go],
  says: [],
  machine: setup({
    types: agentTypes({ context: undefined, hears: [go], says: [] }),
    actors: {
      run: effect('run', async () => {
        called.resolve()
        return isLast || new Promise<true>(() => {})
      }),
    },
  }).createMachine({
    initial: 'idle',
    states: {
      idle: { on: { 'errands.go': 'away' } },
      away: { tags: 'busy', invoke: { src: 'run', onDone: 'idle' } },
    },
  }),
})

const disk = memoryJournal()

/** The journal of one process. After the end of the process nothing is written any more. */
function journalOfLife(): Journal & { end(): void } {
  let isOver = false
  const append: Journal['append'] = (...frames) => (isOver ? new Promise<never>(() => {}) : disk.append(...frames))
  return { ...disk, isLasting: true, append, close: async () => {}, end: () => (isOver = true) }
}

const calls = await record(async () => {
  isLast = false
  called = Promise.withResolvers()
  const first = journalOfLife()
  const before = await createRuntime({ agents: [boy], journal: first }).start()
  await before.bus.publish(go({}))
  await called.promise
  first.end()
  isLast = true
  const after = await createRuntime({ agents: [boy], journal: journalOfLife() }).start()
  await after.idle()
  await after.stop()
})
// The first process has not stopped, as if it had died.
process.stdout.write(JSON.stringify(calls), () => process.exit())
