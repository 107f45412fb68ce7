import { type Agent, agentTypes, defineAgent, defineEvent, type MailboxOptions } from 'troupe'
import { assign, enqueueActions, setup } from 'xstate'
import * as z from 'zod'

export const drop = defineEvent('bench.drop', z.object({ n: z.int() }))
export const wake = defineEvent('bench.wake', z.object({}), { priority: 1 })
export const pour = defineEvent('bench.pour', z.object({ from: z.int(), count: z.int() }))

const hears = [drop, wake]
const none: { count: number } = { count: 0 }

/** Busy until it is woken; then it counts what comes. */
export function sleeperWith(mailbox: MailboxOptions): Agent {
  const machine = setup({
    types: agentTypes({ context: none, hears, says: [] }),
    actions: { count: assign(({ context }) => ({ count: context.count + 1 })) },
  }).createMachine({
    id: 'sleeper',
    context: none,
    initial: 'asleep',
    states: {
      asleep: { tags: 'busy', on: { 'bench.wake': 'awake' } },
      awake: { on: { 'bench.drop': { actions: 'count' } } },
    },
  })
  return defineAgent({ name: 'sleeper', machine, hears, says: [], mailbox })
}

/** Says in one step as many events as it is told to: nobody can make it wait. */
export const pourer = defineAgent({
  name: 'pourer',
  hears: [pour],
  says: [drop],
  machine: setup({ types: agentTypes({ context: none, hears: [pour], says: [drop] }) }).createMachine({
    id: 'pourer',
    context: none,
    on: {
      'bench.pour': {
        actions: enqueueActions(({ enqueue, event: { data } }) => {
          for (let n = data.from; n < data.from + data.count; n++) enqueue.emit(drop({ n }))
        }),
      },
    },
  }),
})
