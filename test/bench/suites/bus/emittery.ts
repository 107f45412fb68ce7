import { Emittery } from '../../peers/emittery.ts'
import { inTens } from './in-tens.ts'
import { type, typedRounds } from './rounds.ts'

export const emittery = typedRounds(hears => {
  const emitter = new Emittery()
  for (const hear of hears) emitter.on(type, ({ data }) => hear(data.n))
  return {
    publish: (first, size) => inTens(first, size, n => emitter.emit(type, { n })),
    crowd(types, hearOther) {
      for (const other of types) emitter.on(other, () => hearOther())
    },
  }
})
