import { Annotation, END, START, StateGraph } from '../../peers/langgraph.ts'
import { partyRounds } from './rounds.ts'
import {
  analyse,
  type Brief,
  type Found,
  find,
  inputFor,
  type Plan,
  plan,
  searches,
  type Total,
  total,
} from './work.ts'

const nobody: Brief = { guests: 0, theme: '' }
const nothing: Total = { guests: 0, cost: 0, items: [] }

const state = Annotation.Root({
  input: Annotation<string>(),
  brief: Annotation<Brief>(),
  found: Annotation<readonly Found[]>({ reducer: (before, update) => [...before, ...update], default: () => [] }),
  sum: Annotation<Total>(),
  plan: Annotation<Plan>(),
})

const graph = new StateGraph(state).addNode('analyzer', async ({ input }) => ({ brief: analyse(input) }))
for (const search of searches)
  graph.addNode(search, async ({ brief = nobody }) => ({ found: [find(search, brief)] })).addEdge('analyzer', search)
const compiled = graph
  .addNode('budget', async ({ found }) => ({ sum: total(found) }))
  .addNode('planner', async ({ sum = nothing }) => ({ plan: plan(sum) }))
  .addEdge(START, 'analyzer')
  .addEdge([...searches], 'budget')
  .addEdge('budget', 'planner')
  .addEdge('planner', END)
  .compile()

/** A graph without a checkpointer. */
export const langgraph = partyRounds(() => ({
  plan: async guests => (await compiled.invoke({ input: inputFor(guests) })).plan,
}))
