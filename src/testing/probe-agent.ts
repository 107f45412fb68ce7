import { assign, createMachine, emit } from 'xstate'
import * as z from 'zod'
import { type Address, type Agent, defineEvent } from '../index.ts'

/** What the test lets a stand-in do: say an event, answer a request, or fail. */
export const probeTold = defineEvent(
  'testing.probe.told',
  z.object({
    type: z.string(),
    data: z.unknown().optional(),
    ask: z.string().optional(),
    /** The words of an error, for a stand-in that is to fail. */
    error: z.string().optional(),
  }),
  { description: 'A test lets the stand-in of an agent say something, or fail.' },
)

/** What the stand-in of an agent keeps of what it was sent. */
export interface Kept {
  readonly type: string
  readonly data: unknown
  /** The key of a request. */
  readonly ask?: string
}

/** What the stand-in of an agent remembers. */
export interface Memory {
  /** Differs for each time that the stand-in begins with nothing to remember. */
  readonly life: number
  readonly received: readonly Kept[]
}

/**
 * The machine of stand-ins: it takes everything, at once, and remembers it in its context, so that the journal has it. It does
 * nothing until the test lets it.
 */
export function probeMachine() {
  let lives = 0
  return createMachine({
    id: 'probe',
    context: (): Memory => ({ life: ++lives, received: [] }),
    on: {
      [probeTold.type]: [
        {
          guard: ({ event }) => event['data'].error !== undefined,
          actions: ({ event }) => {
            throw new Error(event['data'].error)
          },
        },
        {
          actions: emit(({ event }) => {
            const { type, data, ask } = event['data']
            return { type, data, ...(ask !== undefined && { ask }) }
          }),
        },
      ],
      '*': {
        actions: assign(({ context, event }) => ({
          ...context,
          received: [...context.received, keptOf(event.type, event['data'], event['ask'])],
        })),
      },
    },
  })
}

function keptOf(type: string, data: unknown, ask: string | undefined): Kept {
  return ask === undefined ? { type, data } : { type, data, ask }
}

/**
 * An agent with the name, the mailbox and the lists of another agent, and the machine of a stand-in. After a failure it goes on with what
 * it remembers.
 *
 * @param started called with the address of each incarnation
 */
export function standInOf(agent: Agent, machine: Agent['machine'], started: (address: Address) => void): Agent {
  return {
    ...agent,
    machine,
    input: undefined,
    hears: [...agent.hears, probeTold],
    restart: 'transient',
    onRestart: 'keep',
    onCrash: 'drop',
    onInit: ({ address }) => started(address),
    onDestroy: undefined,
    migrations: {},
  }
}
