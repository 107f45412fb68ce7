import { defineEvent, defineRequest } from 'troupe'
import * as z from 'zod'

/** The events of a party whose agents do chores: each chore is one thing that must survive a crash. */

export const kinds = [
  /** Keeps values that JSON has no form for, and says later what they are. */
  'keep',
  /** Waits for a machine inside a machine inside the agent. */
  'nest',
  /** Raises two events with a delay under one id. */
  'raise',
  /** Asks an agent that counts. */
  'ask',
  'work',
  'wait',
] as const

export type Kind = (typeof kinds)[number]

export const wanted = defineEvent(
  'chores.wanted',
  z.object({ chore: z.string(), to: z.string(), kind: z.enum(kinds), ms: z.int().min(1) }),
)
export const finished = defineEvent('chores.finished', z.object({ chore: z.string(), result: z.string() }))
/** Every agent that hears it fails. */
export const poison = defineEvent('chores.poison', z.object({ n: z.int() }))
export const rang = defineEvent('chores.rang', z.object({ n: z.int() }))

/** The event of schedules, as the first program has it, and as a later program has it. */
export const oldBell = defineEvent('chores.bell', z.object({}))
export const newBell = defineEvent('chores.bell', z.object({ tone: z.string() }), {
  version: 2,
  upcast: { 1: () => ({ tone: 'c' }) },
})

export const countOf = defineRequest('chores.count', {
  input: z.object({ chore: z.string() }),
  output: z.object({ count: z.int() }),
})
export const inputAdded = defineEvent(
  'chores.input.added',
  z.object({ inputId: z.string(), content: z.string().min(1) }),
)
export const inputRemoved = defineEvent('chores.input.removed', z.object({ inputId: z.string() }))
