import { partyPlanner, quotesSilenced, readByRules, taskCompleted, vendorQuotes } from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import type { AnyEventObject, AnyStateMachine, StateValue } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { planned, sample, startPlanner, townWith } from './support.ts'

interface Node {
  readonly key: string
  readonly states: Readonly<Record<string, Node>>
}

/** The states of a machine as paths such as `reading.idle`. */
const pathsOf = ({ states }: Node, above = ''): string[] =>
  Object.values(states).flatMap(node => [`${above}${node.key}`, ...pathsOf(node, `${above}${node.key}.`)])

const pathsIn = (value: StateValue, above = ''): string[] =>
  typeof value === 'string'
    ? [above + value]
    : Object.entries(value).flatMap(([key, inner]) => [
        above + key,
        ...(inner === undefined ? [] : pathsIn(inner, `${above}${key}.`)),
      ])

/** What agents can hear: everything that was said while a party was planned, changed and had its troubles. */
async function everythingHeard(): Promise<AnyEventObject[]> {
  const { party, runtime } = await planned(sample)
  for (const { inputId } of sample) await party.removeInput(inputId)
  await runtime.bus.publish(taskCompleted({ taskId: 'cake-order' }), { party: party.id })
  await party.idle()
  const shut = () => Promise.reject(new Error('closed'))
  const town = townWith({ themes: shut, venues: shut, bakeries: shut, caterers: shut, vendors: shut })
  const troubled = await startPlanner({ directory: town })
  const other = await troubled.runtime.parties.create({ inputs: sample })
  await other.idle()
  const said = [...runtime.bus.history(), ...troubled.runtime.bus.history()]
  const requests = [
    { type: 'guests.count', ask: 'ask-1', data: { why: 'chairs' } },
    vendorQuotes.asked({ vendorIds: [] }, 'ask-2'),
    quotesSilenced({ silent: true }),
  ]
  return [...said.map(({ type, data }) => ({ type, data })), ...requests]
}

/** How the work that machines invoke can end, and the only timers there are. */
async function everyEnding(of: string): Promise<AnyEventObject[]> {
  const { party, heard } = await planned(sample)
  const read = await readByRules(
    { inputId: 'cake', content: 'vegan cake', sourceType: 'text', tags: [], addedBy: 'user' },
    { today: '2026-01-01', signal: new AbortController().signal },
  )
  const outputs = {
    // What another agent found would never end this one's search.
    search: heard.completions.filter(({ agentName }) => agentName === of),
    count: [{ guests: 75, known: true }],
    quote: [{ prices: {} }],
    lookUp: [{ prices: {} }],
    analyse: [read],
    total: [party.state.budget],
    write: [party.state.plan],
  }
  const done = Object.entries(outputs).flatMap(([id, all]) =>
    all.map(output => ({ type: `xstate.done.actor.${id}`, output, actorId: id })),
  )
  const failed = Object.keys(outputs).map(id => ({
    type: `xstate.error.actor.${id}`,
    error: new Error('no'),
    actorId: id,
  }))
  const watched = ['theme', 'venue', 'cake', 'catering', 'vendor'].map(agent => `${agent}.waiting`)
  const timers = [...watched, 'reading.working'].map(state => ({
    type: `xstate.after.silence.input-analyzer.${state}`,
  }))
  return [...done, ...failed, ...timers]
}

const idle = /(^|\.)idle$/

const machines = [...partyPlanner.agents, ...partyPlanner.shared].map(({ name, machine }) => ({ name, machine }))

const visited = (machine: AnyStateMachine, events: readonly AnyEventObject[]): Set<string> => {
  // What a machine remembers has no end; a state counts as visited whatever is remembered in it.
  const paths = getShortestPaths(machine, { events, serializeState: ({ value }) => JSON.stringify(value) })
  return new Set(paths.flatMap(({ state }) => pathsIn(state.value)))
}

it('there are nine machines', () => {
  expect(machines.map(({ name }) => name)).toEqual([
    'input-analyzer',
    'theme',
    'venue',
    'cake',
    'catering',
    'vendor',
    'budget',
    'final-planner',
    'quotes',
  ])
})

describe.each(machines)('the machine of $name', ({ name, machine }) => {
  it('is idle first, and can be working or have failed', () => {
    const names = pathsOf(machine.root).map(path => path.split('.').at(-1))
    expect(names).toContain('idle')
    expect(names).toContain('working')
    expect(names).toContain('failed')
    expect([...visited(machine, [])].filter(path => idle.test(path))).toHaveLength(1)
  })

  it('reaches every one of its states by events alone', async () => {
    const reached = visited(machine, [...(await everythingHeard()), ...(await everyEnding(name))])
    expect([...reached].toSorted()).toEqual(pathsOf(machine.root).toSorted())
  })

  it('leaves idle only when it hears something', async () => {
    const reached = visited(machine, await everyEnding(name))
    expect([...reached].filter(path => /(^|\.)(working|failed|waiting)$/.test(path))).toEqual([])
  })

  it('fails only when its work does', async () => {
    const reached = visited(machine, await everythingHeard())
    expect([...reached].filter(path => /(^|\.)failed$/.test(path))).toEqual([])
  })
})
