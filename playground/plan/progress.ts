import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { Runtime } from 'troupe'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentStarted,
  briefUpdated,
  budgetUpdated,
  type Completion,
  type PlannerState,
  planUpdated,
} from 'troupe/agents'
import { isDrawable, writeLine } from '../../src/cli/output.ts'
import { dollarRange } from './dollars.ts'

type Look = 'waiting' | 'working' | 'done' | 'failed'

interface Line {
  readonly look: Look
  readonly text: string
}

const names = ['input-analyzer', 'theme', 'venue', 'cake', 'catering', 'vendor', 'budget', 'final-planner']

// A word beside every glyph, so that neither colour nor shape alone carries the meaning.
const looks = {
  waiting: { glyph: '·', colour: 'dim' },
  working: { glyph: '…', colour: 'yellow' },
  done: { glyph: '✓', colour: 'green' },
  failed: { glyph: '✗', colour: 'red' },
} as const

/**
 * Shows what the agents do: on a terminal one line an agent, renewed in place; elsewhere a plain line for each thing that
 * happens.
 */
export function showProgress<S extends PlannerState>(runtime: Runtime<S>, out: WriteStream): () => void {
  const isTerminal = isDrawable(out)
  const lines = new Map<string, Line>(names.map(name => [name, { look: 'waiting', text: 'waiting' }]))
  let drawn = 0

  const draw = () => {
    if (drawn > 0) out.moveCursor(0, -drawn)
    for (const [name, line] of lines) {
      out.cursorTo(0)
      out.clearLine(0)
      writeLine(out, render(name, line, out, out.columns))
    }
    drawn = lines.size
  }

  const set = (name: string, look: Look, text: string) => {
    const before = lines.get(name)
    if (before?.look === look && before.text === text) return
    lines.set(name, { look, text })
    if (isTerminal) draw()
    else writeLine(out, `${name}: ${text}`)
  }

  let inputs = 0
  const subscriptions = [
    runtime.bus.subscribe(briefUpdated, ({ data: { clarification } }) =>
      set('input-analyzer', 'done', `read ${counted(++inputs)}${clarification ? '; the last is not clear' : ''}`),
    ),
    runtime.bus.subscribe(agentStarted, ({ data }) => set(data.agentName, 'working', 'searching')),
    runtime.bus.subscribe(agentCompleted, ({ data }) => set(data.agentName, 'done', foundIn(data))),
    runtime.bus.subscribe(agentFailed, ({ data }) => set(data.agentName, 'failed', `failed: ${data.error}`)),
    runtime.bus.subscribe(agentDataRemoved, ({ data }) => set(data.agentName, 'waiting', 'no longer asked for')),
    runtime.bus.subscribe(budgetUpdated, ({ data: { totalBudget, basedOnAgents } }) =>
      set('budget', 'done', `${basedOnAgents.length === 0 ? 'a first guess: ' : ''}${dollarRange(totalBudget)}`),
    ),
    runtime.bus.subscribe(planUpdated, ({ data }) =>
      set('final-planner', 'done', `plan is ${data.completionPercent} % complete`),
    ),
  ]
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }
}

function render(name: string, { look, text }: Line, out: WriteStream, columns: number): string {
  const { glyph, colour } = looks[look]
  const width = Math.max(20, columns - 20)
  const shown = text.length > width ? `${text.slice(0, width - 1)}…` : text
  return `${styleText(colour, glyph, { stream: out })} ${name.padEnd(15)} ${shown}`
}

function counted(inputs: number): string {
  return inputs === 1 ? '1 input' : `${inputs} inputs`
}

function foundIn(completion: Completion): string {
  switch (completion.agentName) {
    case 'theme':
      return completion.result.name
    case 'venue':
      return completion.result.options[0]?.name ?? 'nothing found'
    case 'cake':
      return completion.result.options[0]?.name ?? 'nothing found'
    case 'catering':
      return completion.result.options[0]?.name ?? 'nothing found'
    case 'vendor':
      return completion.result.choices.map(({ best }) => best.name).join(', ') || 'nothing found'
  }
}
