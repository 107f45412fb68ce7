import { defineEvent, defineRequest } from 'troupe'
import * as z from 'zod'

/** The events of a party whose workers do jobs. */

const task = z.discriminatedUnion('do', [
  /** Says two events in one step. */
  z.object({ do: z.literal('say') }),
  z.object({ do: z.literal('work') }),
  z.object({
    do: z.literal('ask'),
    where: z.enum(['in', 'out']),
    how: z.enum(['at once', 'later', 'never', 'refuse']),
  }),
  z.object({ do: z.literal('poll') }),
  z.object({ do: z.literal('wait'), ms: z.int() }),
  /** Starts a child that runs an effect. */
  z.object({ do: z.literal('child') }),
  z.object({ do: z.literal('crash') }),
  /** Keeps a value that no journal can keep. */
  z.object({ do: z.literal('keep a function') }),
])

/** One task of a job. What it gives does not depend on the order in which agents have their turns. */
export type Task = z.output<typeof task>

export const given = defineEvent('jobs.given', z.object({ job: z.string(), to: z.string(), tasks: z.array(task) }))
export const said = defineEvent('jobs.said', z.object({ by: z.string(), what: z.string(), n: z.int() }))
export const done = defineEvent(
  'jobs.done',
  z.object({ by: z.string(), job: z.string(), results: z.array(z.string()) }),
)
export const glance = defineEvent('jobs.glance', z.object({ n: z.int() }), { persist: false })
export const tick = defineEvent('jobs.tick', z.object({ schedule: z.string() }))
export const question = defineRequest('jobs.question', {
  input: z.object({ what: z.string(), how: z.enum(['at once', 'later', 'never', 'refuse']) }),
  output: z.object({ said: z.string() }),
})
export const inputAdded = defineEvent('jobs.input.added', z.object({ inputId: z.string(), content: z.string().min(1) }))
export const inputRemoved = defineEvent('jobs.input.removed', z.object({ inputId: z.string() }))
