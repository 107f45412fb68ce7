import { deepEqual, equal, ok } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { workflowCompleted, workflowStarted } from 'troupe/events'
import { assign, emit, enqueueActions, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const planned = defineEvent('wedding.planned', z.object({ workflows: z.array(z.string()) }), {
  description: 'What has to be done for a wedding.',
})
const ready = defineEvent('wedding.ready', z.object({ done: z.array(z.string()) }), {
  description: 'All of it is done.',
})

const hears = [planned, workflowCompleted]
const says = [workflowStarted, ready]
const context: { todo: string[]; done: string[] } = { todo: [], done: [] }

/** Starts one workflow after the other, and keeps account of them. Of who does them it knows nothing. */
const orchestrator = defineAgent({
  name: 'orchestrator',
  hears,
  says,
  machine: setup({
    types: agentTypes({ context, hears, says }),
    actions: {
      plan: assign((_, todo: string[]) => ({ todo, done: [] })),
      tick: assign(({ context }, id: string) => ({
        todo: context.todo.filter(one => one !== id),
        done: [...context.done, id],
      })),
      next: enqueueActions(({ context, enqueue }) => {
        const [workflowId] = context.todo
        if (workflowId !== undefined) enqueue.emit(workflowStarted({ workflowId }))
      }),
    },
    guards: { isNext: ({ context }, id: string) => context.todo[0] === id },
  }).createMachine({
    id: 'orchestrator',
    context,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'wedding.planned': {
            target: 'working',
            actions: [{ type: 'plan', params: ({ event }) => event.data.workflows }, 'next'],
          },
        },
      },
      working: {
        always: {
          guard: ({ context }) => context.todo.length === 0,
          target: 'idle',
          actions: emit(({ context }) => ready({ done: context.done })),
        },
        on: {
          'workflow.completed': {
            guard: { type: 'isNext', params: ({ event }) => event.data.workflowId },
            actions: [{ type: 'tick', params: ({ event }) => event.data.workflowId }, 'next'],
          },
        },
      },
    },
  }),
})

/** Does whatever begins, in a second. */
const helper = defineAgent({
  name: 'helper',
  hears: [workflowStarted],
  says: [workflowCompleted],
  machine: setup({
    types: agentTypes({ context: { workflowId: '' }, hears: [workflowStarted], says: [workflowCompleted] }),
  }).createMachine({
    id: 'helper',
    context: { workflowId: '' },
    initial: 'free',
    states: {
      free: {
        on: {
          'workflow.started': {
            target: 'helping',
            actions: assign(({ event }) => ({ workflowId: event.data.workflowId })),
          },
        },
      },
      helping: {
        tags: 'busy',
        after: { 1_000: { target: 'free', actions: emit(({ context }) => workflowCompleted(context)) } },
      },
    },
  }),
})

const wedding = ['invitations', 'rings', 'flowers', 'dance']

export const scenario = defineScenario({
  id: 'event-driven-orchestrator',
  title: 'A wedding, one thing after the other',
  shows:
    'One agent says what begins and hears what has ended; others do the work. Neither knows the other, so either can be replaced.',
  seed: 1,
  runtime: { agents: [orchestrator, helper] },
  steps: [
    {
      does: 'A wedding of four workflows is planned, and half a minute passes.',
      run: async ({ runtime, pass }) => {
        await runtime.bus.publish(planned({ workflows: wedding }))
        await pass(30_000)
      },
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'All of it is done, in order.',
      check: ({ said }) =>
        deepEqual(
          said(ready).map(({ data }) => data.done),
          [wedding],
        ),
    },
    {
      that: 'Nothing begins before what is before it has ended.',
      check: ({ said }) => {
        equal(said(workflowStarted).length, wedding.length)
        for (const [place, { seq }] of said(workflowStarted).slice(1).entries())
          ok((said(workflowCompleted)[place]?.seq ?? Number.POSITIVE_INFINITY) < seq)
      },
    },
    {
      that: 'All of it belongs to one correlation: that of the wedding.',
      check: ({ said }) => {
        const ids = [...said(planned), ...said(workflowStarted), ...said(workflowCompleted), ...said(ready)]
        equal(new Set(ids.map(({ correlationid }) => correlationid)).size, 1)
        equal(ids.length, 10)
      },
    },
  ],
})
