import { type Agent, agentTypes, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

export const ring = defineEvent('oven.ring', z.object({ cake: z.string() }))
export const smoke = defineEvent('oven.smoke', z.object({}))
export const heat = defineRequest('oven.heat', { input: z.object({}), output: z.object({ degrees: z.int() }) })

/** Gets hotter with each request; it ends on `ring`, and crashes on `smoke`. */
export const oven = (restart: Agent['restart'] = 'transient'): Agent => {
  const hears = [ring, smoke, heat]
  const context: { degrees: number; cake: string } = { degrees: 0, cake: '' }
  const machine = setup({
    types: { ...agentTypes({ context, hears, says: [heat] }), output: '' },
    actions: {
      burst: assign(() => {
        throw new Error('burst')
      }),
    },
  }).createMachine({
    id: 'oven',
    context,
    initial: 'on',
    output: ({ context }) => context.cake,
    states: {
      on: {
        on: {
          'oven.heat': {
            actions: [
              assign(({ context }) => ({ degrees: context.degrees + 100 })),
              emit(({ event, context }) => heat.reply(event, { degrees: context.degrees })),
            ],
          },
          'oven.smoke': { actions: 'burst' },
          'oven.ring': { target: 'off', actions: assign(({ event }) => event.data) },
        },
      },
      off: { type: 'final' },
    },
  })
  return defineAgent({ name: 'oven', machine, hears, says: [heat], restart })
}
