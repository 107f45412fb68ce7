import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { createRuntime, defineEvent, defineParty, type Envelope, type Runtime } from 'troupe'
import * as z from 'zod'
import { fileJournal } from '../../../support/file-journal.ts'
import { talkers } from '../../agents.ts'
import { bytesHeld } from '../../heap.ts'
import { checkCount } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'
import { Listener } from './listener.ts'

/** A minute of work: many parties are told something all the time, their agents answer, and subscribers hear it all. */

const sizes = { full: { parties: 1_000, seconds: 60 }, smoke: { parties: 50, seconds: 1 } } as const

/** So many events are published and not yet durable, at any time: each next one waits for one of them. */
const underWay = 32

const subscribers = 100

const { asked, answered, answerer } = talkers(true)
const party = defineParty({
  name: 'bench',
  agents: [answerer],
  events: [],
  inputs: {
    added: defineEvent('bench.input.added', z.object({ inputId: z.string(), content: z.string() })),
    removed: defineEvent('bench.input.removed', z.object({ inputId: z.string() })),
  },
  state: { initial: {}, on: {} },
})

type Hear = (envelope: Envelope) => unknown

interface Choice {
  /** What it hears of what the parties say. */
  readonly types: readonly string[]
  subscribe(runtime: Runtime, hear: Hear): unknown
}

const both = [asked.type, answered.type]

/** The ways in which a subscriber says what it wants to hear. */
const choices: readonly Choice[] = [
  { types: [asked.type], subscribe: ({ bus }, hear) => bus.subscribe(asked, hear) },
  { types: [answered.type], subscribe: ({ bus }, hear) => bus.subscribe(answered, hear) },
  { types: [answered.type], subscribe: ({ bus }, hear) => bus.subscribe(answered.type, hear) },
  { types: both, subscribe: ({ bus }, hear) => bus.subscribe('bench.*', hear) },
  { types: both, subscribe: ({ bus }, hear) => bus.subscribe('*', hear) },
]

/** As many of each choice; every second one of them takes a moment before it looks at what it heard. */
function listen(runtime: Runtime, places: ReadonlyMap<string, number>): readonly Listener[] {
  return choices.flatMap(({ types, subscribe }) =>
    Array.from({ length: subscribers / choices.length }, (_, place) => {
      const listener = new Listener(types, places)
      const atOnce = (envelope: Envelope) => listener.hear(envelope)
      const later = async (envelope: Envelope) => {
        await undefined
        listener.hear(envelope)
      }
      subscribe(runtime, place % 2 === 0 ? atOnce : later)
      return listener
    }),
  )
}

/**
 * Publishes to one party after the other for so many milliseconds, and waits until every answer is told.
 *
 * @param happened how often each party was asked; counted on
 */
async function keepAsking(runtime: Runtime, ids: readonly string[], happened: Uint32Array, ms: number): Promise<void> {
  const until = performance.now() + ms
  let next = 0
  const ask = async () => {
    while (performance.now() < until) {
      const place = next++ % ids.length
      const id = happened[place] ?? 0
      happened[place] = id + 1
      await runtime.bus.publish(asked({ id }), { party: ids[place] ?? '' })
    }
  }
  await Promise.all(Array.from({ length: underWay }, ask))
  await runtime.idle()
  // The subscribers that take a moment.
  await setImmediate()
}

const minute: Round = async (scale, tell) => {
  const { parties, seconds } = sizes[scale]
  const ids = Array.from({ length: parties }, (_, place) => `party-${place}`)
  // What is in the journal is not on the heap.
  const runtime = await createRuntime({ party, journal: fileJournal() }).start()
  const listeners = listen(runtime, new Map(ids.map((id, place) => [id, place])))
  await Promise.all(ids.map(id => runtime.parties.create({ id })))
  const happened = new Uint32Array(parties)
  await keepAsking(runtime, ids, happened, seconds * 100)
  const before = { held: bytesHeld(), events: sumOf(happened) }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const begin = performance.now()
  await keepAsking(runtime, ids, happened, seconds * 900)
  const elapsed = performance.now() - begin
  delay.disable()
  const grown = bytesHeld() - before.held
  const events = sumOf(happened)
  const missing = sumOf(listeners.map(listener => listener.missing(happened)))
  const outOfOrder = sumOf(listeners.map(listener => listener.outOfOrder))
  tell({
    'per second': ((events - before.events) * 2 * 1_000) / elapsed,
    'p99 ms': delay.percentile(99) / 1e6,
    'MB grown': grown / 1e6,
    missing,
    'out of order': outOfOrder,
  })
  checkCount('missing', missing, 0)
  checkCount('out of order', outOfOrder, 0)
  checkCount('heard too often', sumOf(listeners.map(listener => listener.tooMany(happened))), 0)
  checkCount('handled', runtime.bus.metrics().handled, events)
  await runtime.stop()
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

export const minuteRounds: Cases = { '1,000 parties, 100 subscribers, 60 s': minute }
