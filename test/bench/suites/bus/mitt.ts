import { mitt as createEmitter } from '../../peers/mitt.ts'
import { type, typedRounds } from './rounds.ts'

export const mitt = typedRounds(hears => {
  const emitter = createEmitter()
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
