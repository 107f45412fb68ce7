import { type AgentRef, createRuntime, type MailboxOptions, type Runtime } from 'troupe'
import { fileJournal } from '../../../support/file-journal.ts'
import { countOf } from '../../agents.ts'
import { bytesHeld } from '../../heap.ts'
import { checkCount } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'
import { drop, pour, pourer, sleeperWith, wake } from './sleeper.ts'

/** So many events, all of which have to wait, or to give way; the heap is looked at after a tenth of them, and at the end. */
const events = { full: 1_000_000, smoke: 2_000 } as const

/** How the next events reach the sleeper, or are refused. */
type Flood = (runtime: Runtime, sleeper: AgentRef, numbers: readonly number[]) => Promise<unknown>

const publish: Flood = (runtime, _, numbers) =>
  Promise.allSettled(numbers.map(n => runtime.bus.publish(drop({ n }), { timeout: 1 })))

const send: Flood = (_, sleeper, numbers) => Promise.allSettled(numbers.map(n => sleeper.send(drop({ n }))))

const say: Flood = async (runtime, _, numbers) => {
  await runtime.bus.publish(pour({ from: numbers[0] ?? 0, count: numbers.length }))
  await runtime.idle()
}

const floods: Readonly<Record<string, { readonly flood: Flood; readonly mailbox: MailboxOptions }>> = {
  'backpressure, published': { flood: publish, mailbox: {} },
  'backpressure, said by an agent': { flood: say, mailbox: {} },
  reject: { flood: send, mailbox: { overflow: 'reject' } },
  'drop-newest': { flood: publish, mailbox: { overflow: 'drop-newest' } },
  'drop-oldest': { flood: publish, mailbox: { overflow: 'drop-oldest' } },
  coalesce: {
    flood: publish,
    mailbox: { coalesce: { [drop.type]: ({ data }) => `${drop.schema.parse(data).n % 100}` } },
  },
}

export const floodRounds: Cases = Object.fromEntries(
  Object.entries(floods).map(([name, { flood, mailbox }]) => [`1,000,000 events, ${name}`, roundOf(flood, mailbox)]),
)

function roundOf(flood: Flood, mailbox: MailboxOptions): Round {
  return async (scale, tell) => {
    // What is in the journal is not on the heap.
    const runtime = await createRuntime({ agents: [pourer], journal: fileJournal() }).start()
    const sleeper = await runtime.spawn(sleeperWith(mailbox))
    const total = events[scale]
    let elapsed = 0
    const run = async (from: number, to: number) => {
      const begin = performance.now()
      for (let next = from; next < to; next += 100) {
        const numbers = Array.from({ length: Math.min(100, to - next) }, (_, place) => next + place)
        await flood(runtime, sleeper, numbers)
      }
      elapsed += performance.now() - begin
      checkSums(runtime)
      return bytesHeld()
    }
    const tenth = await run(0, total / 10)
    const all = await run(total / 10, total)
    tell({ 'per second': (total / elapsed) * 1_000, 'MB grown': (all - tenth) / 1e6 })
    await checkWoken(runtime, sleeper)
    await runtime.stop()
  }
}

/** Throws unless it is known what became of everything. */
function checkSums(runtime: Runtime): void {
  const { offered, accepted, rejected, created, ...ends } = runtime.bus.metrics()
  const { handled, ignored, failed, dead, coalesced, waiting } = ends
  checkCount('offered', accepted + rejected, offered)
  checkCount('deliveries', handled + ignored + failed + dead + coalesced + waiting, created)
}

/** Throws unless the sleeper, once awake, gets all that waited for it. */
async function checkWoken(runtime: Runtime, sleeper: AgentRef): Promise<void> {
  const { depth } = sleeper.mailbox
  await runtime.bus.publish(wake({}))
  await runtime.idle({ timeout: 600_000 })
  checkSums(runtime)
  checkCount('waiting', runtime.bus.metrics().waiting, 0)
  checkCount('events of the sleeper', countOf(sleeper), depth)
}
