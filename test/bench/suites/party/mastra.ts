import * as z from 'zod'
import { createStep, createWorkflow } from '../../peers/mastra.ts'
import { partyRounds } from './rounds.ts'
import { analyse, find, inputFor, plan, searches, total } from './work.ts'

const brief = z.object({ guests: z.int(), theme: z.string() })
const found = z.object({ search: z.enum(searches), guests: z.int(), cost: z.number() })
const sum = z.object({ guests: z.int(), cost: z.number(), items: z.array(z.enum(searches)) })
const given = z.object({ content: z.string() })
const made = sum.extend({ perGuest: z.number() })

const workflow = createWorkflow({ id: 'planner', inputSchema: given, outputSchema: made })
  .then(
    createStep({
      id: 'analyzer',
      inputSchema: given,
      outputSchema: brief,
      execute: async ({ inputData }) => analyse(inputData.content),
    }),
  )
  .parallel(
    searches.map(search =>
      createStep({
        id: search,
        inputSchema: brief,
        outputSchema: found,
        execute: async ({ inputData }) => find(search, inputData),
      }),
    ),
  )
  .then(
    createStep({
      id: 'budget',
      inputSchema: z.record(z.string(), found),
      outputSchema: sum,
      execute: async ({ inputData }) => total(Object.values(inputData)),
    }),
  )
  .then(
    createStep({
      id: 'planner',
      inputSchema: sum,
      outputSchema: made,
      execute: async ({ inputData }) => plan(inputData),
    }),
  )
  .commit()

/** A workflow that is not stored anywhere. */
export const mastra = partyRounds(() => ({
  async plan(guests) {
    const run = await workflow.createRun()
    const ended = await run.start({ inputData: { content: inputFor(guests) } })
    if (ended.status !== 'success') throw ended.error
    return ended.result
  },
}))
