import { Emittery } from '../../peers/emittery.ts'
import { type, typedRounds } from './rounds.ts'

export const emittery = typedRounds(hears => {
  const emitter = new Emittery()
  for (const hear of hears) emitter.on(type, ({ data }) => hear(data.n))
  return {
    publish(first, size) {
      let last: Promise<unknown> | undefined
      for (let n = first; n < first + size; n++) last = emitter.emit(type, { n })
      return last
    },
    crowd(types, hearOther) {
      for (const other of types) emitter.on(other, () => hearOther())
    },
  }
})
