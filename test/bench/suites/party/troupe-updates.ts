import { createRuntime, defineParty, type Envelope } from 'troupe'
// Not at the door of the package: what the state alone costs, without bus, frame and journal.
import { PartyStore } from '../../../../src/state/store.ts'
import { added, removed } from './planner.ts'
import { updateRounds } from './updates.ts'

const definition = defineParty({
  name: 'bench-inputs',
  agents: [],
  events: [],
  inputs: { added, removed },
  state: { initial: {}, on: {} },
})

const inputOf = (inputId: string) => ({ inputId, content: 'vegan cake' })

/** By the door that everybody has, with everything on; the journal is in memory. */
export const throughTheDoor = updateRounds(async ids => {
  const runtime = await createRuntime({ party: definition }).start()
  const party = await runtime.parties.create({ inputs: ids.map(inputOf) })
  return {
    exchange: exchanges =>
      Promise.all(exchanges.flatMap(({ out, into }) => [party.addInput(inputOf(into)), party.removeInput(out)])),
    inputs: () => new Set(Array.from(party.state.inputs, ({ inputId }) => inputId)),
    stop: () => runtime.stop(),
  }
})

/** The state as the runtime keeps it: an event is applied, and what came out is shown. */
export const stateAlone = updateRounds(ids => {
  const store = new PartyStore(
    definition,
    call => call(),
    envelope => envelope,
  )
  let seq = 0
  const apply = (type: string, data: unknown) => {
    const id = `bench-${++seq}`
    const envelope: Envelope = {
      id,
      seq,
      type,
      data,
      source: 'bench',
      time: 0,
      version: 1,
      priority: 5,
      correlationid: id,
    }
    store.apply([{ kind: 'event', envelope }], 0)
    store.show(store.live)
  }
  for (const id of ids) apply(added.type, inputOf(id))
  return {
    exchange(exchanges) {
      for (const { out, into } of exchanges) {
        apply(added.type, inputOf(into))
        apply(removed.type, { inputId: out })
      }
    },
    inputs: () => new Set(Array.from(store.shown.inputs, ({ inputId }) => inputId)),
  }
})
