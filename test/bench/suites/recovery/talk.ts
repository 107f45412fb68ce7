import { defineEvent, defineParty } from 'troupe'
import * as z from 'zod'
import { talkers } from '../../agents.ts'

/** A party of one agent, which answers what it is asked; the state counts both. */

const { asked, answered, answerer } = talkers(true)

const counted = { asked: 0, answered: 0 }

export const talk = defineParty({
  name: 'bench-talk',
  agents: [answerer],
  events: [asked, answered],
  inputs: {
    added: defineEvent('bench.input.added', z.object({ inputId: z.string(), content: z.string() })),
    removed: defineEvent('bench.input.removed', z.object({ inputId: z.string() })),
  },
  state: {
    initial: counted,
    on: {
      'bench.asked': state => void state.asked++,
      'bench.answered': state => void state.answered++,
    },
  },
})

export { asked }

export interface Size {
  readonly parties: number
  /** Of each party; as many answers come. */
  readonly questions: number
}

export const sizes: Readonly<Record<'full' | 'smoke', Size>> = {
  full: { parties: 10_000, questions: 100 },
  smoke: { parties: 20, questions: 100 },
}
