import type { Entry, Frame } from 'troupe'

/** What a partition is to be given next. */
export interface Batch {
  readonly partition: string
  /** Of its last frame so far. */
  readonly after: number
  readonly frames: readonly Frame[]
}

const searches = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const

/** What an agent says, in an envelope: about 350 bytes of JSON. */
function said(partition: string, seq: number): Entry {
  const search = searches[seq % searches.length] ?? 'theme'
  return {
    kind: 'event',
    envelope: {
      id: `${partition}/${seq - 1}/${search}/0`,
      seq,
      source: `${partition}/${search}`,
      type: 'bench.found',
      data: { search, guests: 75, cost: seq },
      time: 1_764_000_000_000 + seq,
      version: 1,
      priority: 5,
      correlationid: 'bench-12345678',
      causationid: `${partition}/${seq - 2}/analyzer/0`,
      party: partition.slice('party/'.length),
    },
  }
}

/** Makes the frames of a partition one after the other, each of so many events. */
export class Frames {
  readonly partition: string
  #position = 0

  constructor(partition: string) {
    this.partition = partition
  }

  next(frames: number, events: number): Batch {
    const { partition } = this
    const after = this.#position
    return { partition, after, frames: Array.from({ length: frames }, () => this.#frame(events)) }
  }

  #frame(events: number): Frame {
    const { partition } = this
    const entries = Array.from({ length: events }, () => said(partition, ++this.#position))
    const position = ++this.#position
    const handled = position - events - 1
    const agent = `${partition}/theme`
    const cause = { kind: 'step', agent, incarnation: 1, handled, type: 'bench.briefed', outcome: 'handled' } as const
    return { partition, position, time: 1_764_000_000_000 + position, cause, entries }
  }
}
