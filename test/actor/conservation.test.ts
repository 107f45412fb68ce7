import fc from 'fast-check'
import { createRuntime, type MailboxOptions } from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { expect, it } from 'vitest'
import { command, dogAgent, petsParty, trainerAgent, urgent } from '../support/pets.ts'
import { suiteJournal } from '../support/runtime.ts'

const words = ['sit', 'nothing', 'boom', 'log-boom', 'rest', 'nap', 'run', 'leave'] as const
const act = fc.oneof(
  fc.record({
    kind: fc.constant('say' as const),
    word: fc.constantFrom(...words),
    priority: fc.integer({ min: 1, max: 10 }),
    ttl: fc.constantFrom(1, 1_000, 1e9),
  }),
  fc.record({ kind: fc.constant('wake' as const) }),
  fc.record({ kind: fc.constant('send' as const), word: fc.constantFrom(...words) }),
  fc.record({ kind: fc.constant('ask' as const), trick: fc.constantFrom('roll', 'silence', 'twice', 'boom', 'later') }),
  fc.record({ kind: fc.constant('tick' as const), ms: fc.integer({ min: 1, max: 6_000 }) }),
  fc.record({ kind: fc.constant('stop' as const) }),
  fc.record({ kind: fc.constant('turn' as const) }),
)

const mailbox = fc.record({
  capacity: fc.integer({ min: 1, max: 4 }),
  overflow: fc.constantFrom('backpressure' as const, 'reject' as const, 'drop-newest' as const, 'drop-oldest' as const),
  coalesce: fc.constantFrom<MailboxOptions['coalesce'] & object>(
    {},
    { 'pets.command': ({ data }: { data: unknown }) => JSON.stringify(data) },
  ),
})

it('every delivery ends in a counted outcome, whatever happens, and nothing is left after stop', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), mailbox, async (acts, mailbox) => {
      const clock = createSimulatedClock()
      const party = petsParty(dogAgent({ mailbox }), trainerAgent('dog'))
      const intensity = { max: 8, within: 1_000 }
      const runtime = await createRuntime({ party, clock, journal: suiteJournal(), intensity }).start()
      const pets = await runtime.parties.create({ id: 'p1' })
      const pending: Promise<unknown>[] = []
      // A full mailbox may refuse, and a stopped party does: that is an outcome too.
      const wait = (work: Promise<unknown>) => void pending.push(work.catch(() => {}))
      for (const one of acts) {
        const dog = pets.agent('dog')
        if (one.kind === 'say')
          wait(runtime.bus.publish(command({ word: one.word }), { party: 'p1', priority: one.priority, ttl: one.ttl }))
        if (one.kind === 'wake') wait(runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' }))
        if (one.kind === 'send') wait(dog.send(command({ word: one.word })))
        if (one.kind === 'ask') wait(pets.addInput(one.trick))
        if (one.kind === 'tick') clock.advance(one.ms)
        if (one.kind === 'stop') wait(dog.stop())
        if (one.kind === 'turn') await new Promise(setImmediate)
      }
      let over = false
      const resting = Promise.allSettled([...pending, pets.idle()]).then(() => {
        over = true
      })
      // Asks that nobody answers, and publishers that wait for room, end at their deadlines: time has to pass, a minute or more.
      for (let rounds = 0; !over; rounds++) {
        if (rounds > 2_000) throw new Error('the party never came to rest')
        await new Promise(setImmediate)
        if (rounds % 10 === 9) clock.advance(500)
      }
      await resting
      const { offered, accepted, rejected, ...metrics } = runtime.bus.metrics()
      expect(accepted + rejected).toBe(offered)
      const { created, handled, ignored, failed, dead, coalesced, waiting } = metrics
      expect(handled + ignored + failed + dead + coalesced + waiting).toBe(created)
      await runtime.stop({ timeout: 0 })
      const after = runtime.bus.metrics()
      expect(after.handled + after.ignored + after.failed + after.dead + after.coalesced).toBe(after.created)
      expect(after).toMatchObject({ waiting: 0, pendingAsks: 0 })
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 200 },
  )
})
