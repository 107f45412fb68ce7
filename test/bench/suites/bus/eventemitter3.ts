import { EventEmitter3 } from '../../peers/eventemitter3.ts'
import { type, typedRounds } from './rounds.ts'

export const eventemitter3 = typedRounds(hears => {
  const emitter = new EventEmitter3()
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
