import { defineEvent, defineParty } from 'troupe'
import * as z from 'zod'
import { talkers } from '../../agents.ts'

/** A party of one agent, which answers what it is asked; the state counts both. */

export const { asked, answered, answerer } = talkers(true)

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
