import { sizeRounds } from './rounds.ts'

interface Event {
  readonly n: number
}

/** The functions in an array, called one after the other. */
export const array = sizeRounds(hears => {
  const subscribers = hears.map(hear => (event: Event) => hear(event.n))
  const emit = (event: Event) => {
    for (const subscriber of subscribers) subscriber(event)
  }
  return {
    publish(first, size) {
      for (let n = first; n < first + size; n++) emit({ n })
    },
  }
})
