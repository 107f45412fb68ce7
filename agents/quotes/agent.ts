import { agentTypes, defineAgent, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import type { Directory } from '../party/directory.ts'
import { quotesSilenced, vendorQuotes } from '../party/events.ts'
import { quote } from './quote.ts'

interface Question {
  readonly ask: string
  readonly vendorIds: string[]
  readonly date?: string | undefined
}

const hears = [vendorQuotes, quotesSilenced]
const says = [vendorQuotes]
interface Desk {
  readonly silent: boolean
  /** How many requests were taken and not answered. */
  readonly unanswered: number
  readonly question: Question | null
}

const context: Desk = { silent: false, unanswered: 0, question: null }

/**
 * The quotes desk: an agent that all parties share, and that answers with the prices of vendors on a day. The event
 * `quotes.silenced` makes it stop answering, to show what happens then.
 */
export const quotesAgent = (directory: Directory) => {
  const desk = setup({
    types: agentTypes({ context, hears, says }),
    actors: {
      lookUp: effect('look-up-prices', async (question: Question | null, { signal }) => {
        const { vendorIds: ids = [], date } = question ?? {}
        return { prices: quote(await directory.vendors(signal), { ids, date }) }
      }),
    },
    guards: {
      isSilent: ({ context: { silent } }) => silent,
    },
    actions: {
      setSilence: assign((_, { silent }: { silent: boolean }) => ({ silent })),
      leave: assign(({ context: { unanswered } }) => ({ unanswered: unanswered + 1 })),
      note: assign((_, question: Question) => ({ question })),
      answer: emit(({ context: { question } }, found: { prices: Record<string, number> }) =>
        vendorQuotes.reply({ ask: question?.ask ?? '' }, found),
      ),
    },
  })

  const listening = desk.createStateConfig({
    on: {
      'quotes.vendors': [
        // The request is taken and never answered, like at an empty desk.
        { guard: 'isSilent', actions: 'leave' },
        { target: 'working', actions: { type: 'note', params: ({ event: { ask, data } }) => ({ ask, ...data }) } },
      ],
    },
  })

  const machine = desk.createMachine({
    id: 'quotes',
    version: '1',
    context,
    initial: 'idle',
    on: {
      'quotes.silenced': { actions: { type: 'setSilence', params: ({ event }) => event.data } },
    },
    states: {
      idle: listening,
      working: {
        tags: 'busy',
        invoke: {
          id: 'lookUp',
          src: 'lookUp',
          input: ({ context: { question } }) => question,
          onDone: { target: 'idle', actions: { type: 'answer', params: ({ event }) => event.output } },
          onError: 'failed',
        },
      },
      // The directory could not be read. The ask ends at its deadline, and the next request is tried again.
      failed: listening,
    },
  })
  return defineAgent({ name: 'quotes', machine, hears, says })
}
