import { Subject } from '../../peers/rxjs.ts'
import { sizeRounds } from './rounds.ts'

/** A subject has no types. */
export const rxjs = sizeRounds(hears => {
  const subject = new Subject()
  for (const hear of hears) subject.subscribe(event => hear(event.n))
  return {
    publish(first, size) {
      for (let n = first; n < first + size; n++) subject.next({ n })
    },
  }
})
