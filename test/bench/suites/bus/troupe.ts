import { createRuntime, defineEvent } from 'troupe'
import * as z from 'zod'
import { type, typedRounds } from './rounds.ts'

/** No agents: from the bus to functions, and nothing is journalled. */
export const troupe = typedRounds(async hears => {
  const schema = z.object({ n: z.int() })
  const tick = defineEvent(type, schema, { persist: false })
  const runtime = await createRuntime({ events: [tick] }).start()
  for (const hear of hears) runtime.bus.subscribe(tick, ({ data }) => hear(data.n))
  return {
    publish(first, size) {
      let last: Promise<unknown> | undefined
      for (let n = first; n < first + size; n++) last = runtime.bus.publish(tick({ n }))
      return last
    },
    crowd(types, hearOther) {
      for (const other of types) runtime.bus.subscribe(defineEvent(other, schema), () => hearOther())
    },
  }
})
