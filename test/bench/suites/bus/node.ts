import { EventEmitter } from 'node:events'
import { type, typedRounds } from './rounds.ts'

export const node = typedRounds(hears => {
  const emitter = new EventEmitter<Record<string, [{ readonly n: number }]>>().setMaxListeners(0)
  for (const hear of hears) emitter.on(type, event => hear(event.n))
  return {
    publish(first, size) {
      for (let n = first; n < first + size; n++) emitter.emit(type, { n })
    },
    crowd(types, hearOther) {
      for (const other of types) emitter.on(other, () => hearOther())
    },
  }
})
