import { type AskLogic, AskManyError, agentTypes, ask, askMany, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

/** A town hall for tests of refusals: clerks that know some people, and a visitor who asks them. */

export const whois = defineRequest('desk.whois', {
  input: z.object({ id: z.string() }),
  output: z.object({ name: z.string() }),
  refusals: { NO_SUCH_PERSON: z.object({ id: z.string() }), CLOSED: z.object({}).optional() },
})
export const asked = defineEvent('desk.asked', z.object({ id: z.string() }))
export const heard = defineEvent('desk.heard', z.object({ what: z.json() }))

/** The refusal for an unknown person. */
export const unknown = (id: string) => ({ code: 'NO_SUCH_PERSON', message: `Nobody is ${id}.`, data: { id } }) as const

const clerkHears = [whois]
const count: { refused: number } = { refused: 0 }

/** Knows all people except those named `nobody`, and counts its refusals. */
export const clerk = (name = 'clerk') =>
  defineAgent({
    name,
    hears: clerkHears,
    says: clerkHears,
    machine: setup({ types: agentTypes({ context: count, hears: clerkHears, says: clerkHears }) }).createMachine({
      context: count,
      on: {
        'desk.whois': [
          {
            guard: ({ event }) => event.data.id.startsWith('nobody'),
            actions: [
              assign(({ context }) => ({ refused: context.refused + 1 })),
              emit(({ event }) => whois.fail(event, unknown(event.data.id))),
            ],
          },
          {
            guard: ({ event }) => event.data.id === 'both',
            actions: [
              emit(({ event }) => whois.reply(event, { name: 'BOTH' })),
              emit(({ event }) => whois.fail(event, unknown(event.data.id))),
            ],
          },
          { actions: emit(({ event }) => whois.reply(event, { name: event.data.id.toUpperCase() })) },
        ],
      },
    }),
  })

const visitorHears = [asked]
const visitorSays = [heard]
const nothing: { id: string } = { id: '' }

/** Asks the callees that an event names, and says the outcome. */
const asking = <O>(name: string, logic: AskLogic<{ id: string }, O>) =>
  defineAgent({
    name,
    hears: visitorHears,
    says: visitorSays,
    machine: setup({
      types: agentTypes({ context: nothing, hears: visitorHears, says: visitorSays }),
      actors: { ask: logic },
      actions: { tell: emit((_, what: z.util.JSONType) => heard({ what })) },
    }).createMachine({
      context: nothing,
      initial: 'idle',
      states: {
        idle: { on: { 'desk.asked': { target: 'asking', actions: assign(({ event }) => event.data) } } },
        asking: {
          tags: 'busy',
          invoke: {
            id: 'ask',
            src: 'ask',
            input: ({ context }) => context,
            onDone: { target: 'idle', actions: { type: 'tell', params: 'answered' } },
            onError: { target: 'idle', actions: { type: 'tell', params: ({ event }) => outcomeOf(event.error) } },
          },
        },
      },
    }),
  })

/** Asks one clerk. */
export const visitor = (to?: string) => asking('visitor', ask(whois, to === undefined ? {} : { to }))

/** Asks several clerks. */
export const surveyor = (to: readonly string[]) => asking('surveyor', askMany(whois, { to }))

function outcomeOf(error: unknown): z.util.JSONType {
  if (whois.isRefusal(error)) return { code: error.code, to: error.to, refusal: error.refusal }
  if (error instanceof AskManyError)
    return { code: error.code, refusals: error.failures.map(({ to, refusal }) => `${to} ${refusal?.code}`) }
  return `${error}`
}
