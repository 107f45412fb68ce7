import { createRuntime, type Journal, memoryJournal } from 'troupe'
import { type BenchPlanner, planner, plannerOutside } from './planner.ts'
import { type Planner, partyRounds } from './rounds.ts'
import { inputFor } from './work.ts'

/** Everything is on: each party is supervised, journalled, and told of on the bus. */
export async function planning(party: BenchPlanner, journal: Journal): Promise<Planner> {
  const runtime = await createRuntime({ party, journal }).start()
  const planned: string[] = []
  return {
    async plan(guests) {
      const party = await runtime.parties.create({ inputs: [inputFor(guests)] })
      await party.idle()
      planned.push(party.id)
      return party.state.plan
    },
    async clear() {
      await Promise.all(planned.splice(0).map(id => runtime.parties.delete(id)))
    },
    stop: () => runtime.stop(),
  }
}

export const inMemory = partyRounds(() => planning(planner, memoryJournal()))
export const searchesOutside = partyRounds(() => planning(plannerOutside, memoryJournal()))
