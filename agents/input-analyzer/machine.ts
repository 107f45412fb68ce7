import { agentTypes, type EffectLogic } from 'troupe'
import { assign, emit, enqueueActions, setup } from 'xstate'
import { guestsOf } from '../party/dependencies.ts'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  briefUpdated,
  type Completion,
  type Failure,
  guestCount,
  inputAdded,
  inputRemoved,
  type Order,
} from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import { completed, failed, noProgress } from '../party/progress.ts'
import type { AnalysedInput, PartyInput, SearchAgent } from '../party/schemas.ts'
import { briefOf } from './brief.ts'
import { decide, type Notes, type Occasion, type Removal } from './decide.ts'

/** Milliseconds after which a silent agent, or a silent reader of inputs, counts as failed. */
export const silence = 30_000

export const hears = [
  inputAdded,
  inputRemoved,
  agentShouldExecute,
  agentCompleted,
  agentFailed,
  agentDataRemoved,
  guestCount,
]
export const says = [agentShouldExecute, agentDataRemoved, agentFailed, briefUpdated, guestCount]

interface Memory {
  readonly notes: Notes
  /** The input that is being read. */
  readonly current: PartyInput | null
  /** The events of the last decision. */
  readonly orders: readonly Order[]
  readonly removals: readonly Removal[]
}

const context: Memory = {
  notes: { analysed: [], progress: noProgress, needs: {}, executions: 0 },
  current: null,
  orders: [],
  removals: [],
}

/**
 * The machine of the input analyzer. One region reads inputs one after the other. One decides again which agents have to search
 * when a search ends. Each of the other five watches one agent: if that is silent for 30 seconds, its failure is said, and the
 * party goes on.
 */
export const inputAnalyzerMachine = (analyse: EffectLogic<PartyInput | null, AnalysedInput>) => {
  const base = setup({
    types: agentTypes({ context, hears, says }),
    actors: { analyse },
    delays: { silence },
    guards: {
      isAbout: (_, { said, watched }: { said: string; watched: SearchAgent }) => said === watched,
    },
    actions: {
      take: assign((_, current: PartyInput) => ({ current })),
      note: assign(({ context: { notes } }, analysed: AnalysedInput) => ({
        current: null,
        notes: { ...notes, analysed: [...notes.analysed, analysed] },
      })),
      forget: assign(({ context: { notes } }, inputId: string) => ({
        notes: { ...notes, analysed: notes.analysed.filter(input => input.inputId !== inputId) },
      })),
      noteCompletion: assign(({ context: { notes } }, completion: Completion) => ({
        notes: { ...notes, progress: completed(notes.progress, completion) },
      })),
      noteFailure: assign(({ context: { notes } }, failure: Failure) => ({
        notes: { ...notes, progress: failed(notes.progress, failure) },
      })),
      decide: assign(({ context: { notes } }, occasion: Occasion) => decide(notes, occasion)),
      tellDecision: enqueueActions(({ context: { removals, orders }, enqueue }) => {
        for (const removal of removals) enqueue.emit(agentDataRemoved(removal))
        for (const order of orders) enqueue.emit(agentShouldExecute(order))
      }),
      tellBrief: emit(({ context: { notes } }, { inputId }: { inputId: string }) => {
        const brief = briefOf(notes.analysed)
        const isUnclear = brief.unclassified.includes(inputId)
        return briefUpdated({ inputId, brief, ...(isUnclear && { clarification }) })
      }),
      tellGuests: emit(({ context: { notes } }, { ask }: { ask: string }) => {
        const { guests, guestsKnown } = guestsOf(briefOf(notes.analysed))
        return guestCount.reply({ ask }, { guests, known: guestsKnown })
      }),
      tellFailed: emit(({ context: { current } }, { error }: { error: unknown }) =>
        agentFailed(failureOf('input-analyzer', current?.inputId ?? '', error)),
      ),
      tellUnread: emit(({ context: { current } }) =>
        agentFailed({
          agentName: 'input-analyzer',
          executionId: current?.inputId ?? '',
          error: `Nobody had read the input after ${silence / 1_000} seconds.`,
          errorType: 'timeout',
          retryCount: 0,
        }),
      ),
      tellSilent: emit(({ context: { notes } }, { watched }: { watched: SearchAgent }) =>
        agentFailed({
          agentName: watched,
          executionId: notes.progress.agents[watched]?.executionId ?? '',
          error: `It was silent for ${silence / 1_000} seconds.`,
          errorType: 'timeout',
          retryCount: 0,
        }),
      ),
    },
  })

  const reading = base.createStateConfig({
    on: {
      'party.input.added': { target: 'working', actions: { type: 'take', params: ({ event }) => event.data } },
      'party.input.removed': {
        actions: [
          { type: 'forget', params: ({ event }) => event.data.inputId },
          { type: 'decide', params: ({ event }) => ({ kind: 'removed', inputId: event.data.inputId }) },
          { type: 'tellBrief', params: ({ event }) => event.data },
          'tellDecision',
        ],
      },
    },
  })

  const watching = (watched: SearchAgent) =>
    base.createStateConfig({
      initial: 'quiet',
      states: {
        quiet: {},
        waiting: {
          after: { silence: { target: 'quiet', actions: { type: 'tellSilent', params: { watched } } } },
        },
      },
      on: {
        'party.agent.should_execute': {
          target: '.waiting',
          guard: { type: 'isAbout', params: ({ event }) => ({ said: event.data.agentName, watched }) },
        },
        'party.agent.completed': {
          target: '.quiet',
          guard: { type: 'isAbout', params: ({ event }) => ({ said: event.data.agentName, watched }) },
        },
        'party.agent.failed': {
          target: '.quiet',
          guard: { type: 'isAbout', params: ({ event }) => ({ said: event.data.agentName, watched }) },
        },
        'party.agent.data_removed': {
          target: '.quiet',
          guard: { type: 'isAbout', params: ({ event }) => ({ said: event.data.agentName, watched }) },
        },
      },
    })

  return base.createMachine({
    id: 'input-analyzer',
    version: '1',
    context,
    type: 'parallel',
    states: {
      reading: {
        initial: 'idle',
        states: {
          idle: reading,
          working: {
            tags: 'busy',
            invoke: {
              id: 'analyse',
              src: 'analyse',
              input: ({ context: { current } }) => current,
              onDone: {
                target: 'idle',
                actions: [
                  { type: 'note', params: ({ event }) => event.output },
                  { type: 'decide', params: { kind: 'added' } },
                  { type: 'tellBrief', params: ({ event }) => event.output },
                  'tellDecision',
                ],
              },
              onError: { target: 'failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
            },
            // Inputs are read one after the other, so an input whose reader is silent must not hold up the others.
            after: { silence: { target: 'failed', actions: 'tellUnread' } },
          },
          failed: reading,
        },
      },
      deciding: {
        on: {
          'guests.count': { actions: { type: 'tellGuests', params: ({ event }) => event } },
          'party.agent.completed': {
            actions: [
              { type: 'noteCompletion', params: ({ event }) => event.data },
              { type: 'decide', params: { kind: 'ended' } },
              'tellDecision',
            ],
          },
          'party.agent.failed': {
            actions: [
              { type: 'noteFailure', params: ({ event }) => event.data },
              { type: 'decide', params: { kind: 'ended' } },
              'tellDecision',
            ],
          },
        },
      },
      theme: watching('theme'),
      venue: watching('venue'),
      cake: watching('cake'),
      catering: watching('catering'),
      vendor: watching('vendor'),
    },
  })
}

const clarification =
  'We did not understand this. Is it about the theme, the venue, the cake, the food, or people to hire?'
