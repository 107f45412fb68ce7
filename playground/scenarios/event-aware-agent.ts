import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, defineAgent, effect } from 'troupe'
import { workflowCompleted, workflowFailed, workflowStarted } from 'troupe/events'
import { assign, emit, setup } from 'xstate'
import { defineScenario } from '../stage/scenario.ts'

const hears = [workflowStarted]
const says = [workflowCompleted, workflowFailed]
const context = { workflowId: '' }

/** Hears that a workflow begins, does its work, and says how it ended. What it says belongs to what it heard by itself. */
const worker = defineAgent({
  name: 'worker',
  hears,
  says,
  machine: setup({
    types: agentTypes({ context, hears, says }),
    actors: {
      process: effect('process-workflow', ({ workflowId }: typeof context) => {
        if (workflowId.startsWith('broken')) throw new Error('Nobody knows how.')
        return 'success'
      }),
    },
  }).createMachine({
    id: 'worker',
    context,
    initial: 'listening',
    states: {
      listening: {
        on: {
          'workflow.started': {
            target: 'working',
            actions: assign(({ event }) => ({ workflowId: event.data.workflowId })),
          },
        },
      },
      working: {
        tags: 'busy',
        invoke: {
          id: 'process',
          src: 'process',
          input: ({ context }) => context,
          onDone: {
            target: 'listening',
            actions: emit(({ context, event }) => workflowCompleted({ ...context, result: event.output })),
          },
          onError: {
            target: 'listening',
            actions: emit(({ context }) => workflowFailed({ ...context, error: 'Nobody knows how.' })),
          },
        },
      },
    },
  }),
})

export const scenario = defineScenario({
  id: 'event-aware-agent',
  title: 'An agent that hears, works and tells',
  shows:
    'An agent knows no other agent: it hears an event, works outside, and says another one, which carries the correlation of the first by itself.',
  seed: 1,
  runtime: { agents: [worker] },
  steps: [
    {
      does: 'Three workflows begin, one of which nobody knows how to do.',
      run: async ({ runtime }) => {
        for (const workflowId of ['cards', 'broken-lamps', 'music'])
          await runtime.bus.publish(workflowStarted({ workflowId }))
      },
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Two are completed, one after the other, and one has failed.',
      check: ({ said }) => {
        deepEqual(
          said(workflowCompleted).map(({ data }) => data.workflowId),
          ['cards', 'music'],
        )
        deepEqual(
          said(workflowFailed).map(({ data }) => data.workflowId),
          ['broken-lamps'],
        )
      },
    },
    {
      that: 'Each end carries the correlation of its beginning.',
      check: ({ said }) => {
        const ends = [...said(workflowCompleted), ...said(workflowFailed)]
        equal(ends.length, 3)
        for (const { data, correlationid } of ends) {
          const beginning = said(workflowStarted).find(one => one.data.workflowId === data.workflowId)
          equal(correlationid, beginning?.correlationid)
        }
      },
    },
  ],
})
