import { deepEqual } from 'node:assert/strict'
import { type AnyActorRef, assign, createActor, fromTransition, sendTo, setup } from 'xstate'
import { allHeard, counting, silence } from '../../agents.ts'
import { checkCount, inFlight, rate, sequential } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

const { machine } = counting(false)

const tickOf = (n: number) => ({ type: 'bench.tick', data: { n } }) as const

/** The bare send is the limit whether Troupe journals the event or not. */
const send =
  (agents: number): Round =>
  async (scale, tell) => {
    const counters = Array.from({ length: agents }, () => createActor(machine).start())
    const { perSecond, done } = await rate(scale, (first, size) => {
      for (let n = first; n < first + size; n++) counters[n % agents]?.send(tickOf(n))
    })
    const counted = counters.reduce((sum, one) => sum + one.getSnapshot().context.count, 0)
    checkCount('events', counted, done)
    tell({ 'per second': perSecond })
  }

interface Go {
  readonly type: 'go'
  readonly id: number
}
interface Asked {
  readonly type: 'asked'
  readonly id: number
  readonly replyTo: AnyActorRef
}
interface Answered {
  readonly type: 'answered'
  readonly id: number
}

const answerer = setup({ types: { events: {} as Asked } }).createMachine({
  on: {
    asked: {
      actions: sendTo(
        ({ event }) => event.replyTo,
        ({ event }): Answered => ({ type: 'answered', id: event.id }),
      ),
    },
  },
})

const askerOf = (callee: AnyActorRef) =>
  setup({ types: { context: silence, events: {} as Go | Answered } }).createMachine({
    context: silence,
    on: {
      go: { actions: sendTo(callee, ({ event, self }): Asked => ({ type: 'asked', id: event.id, replyTo: self })) },
      answered: {
        actions: assign(({ context, event }) => ({ heard: context.heard + 1, sum: context.sum + event.id })),
      },
    },
  })

const pair: Round = async (scale, tell) => {
  const asker = createActor(askerOf(createActor(answerer).start())).start()
  const { perSecond, done } = await rate(scale, (first, size) => {
    for (let id = first; id < first + size; id++) asker.send({ type: 'go', id })
  })
  deepEqual(asker.getSnapshot().context, allHeard(done))
  tell({ 'per second': perSecond })
}

interface Double {
  readonly type: 'double'
  readonly n: number
  readonly id: number
  readonly replyTo: AnyActorRef
}
interface Doubled {
  readonly type: 'doubled'
  readonly doubled: number
  readonly id: number
}

const doubler = setup({ types: { events: {} as Double } }).createMachine({
  on: {
    double: {
      actions: sendTo(
        ({ event }) => event.replyTo,
        ({ event: { n, id } }): Doubled => ({ type: 'doubled', doubled: n * 2, id }),
      ),
    },
  },
})

/** Somebody outside asks a machine: one machine step, one way back, a promise; no deadline. */
function askOf(): (n: number) => Promise<number> {
  const pending = new Map<number, (doubled: number) => void>()
  const callee = createActor(doubler).start()
  const outside = createActor(
    fromTransition((state, { id, doubled }: Doubled) => {
      pending.get(id)?.(doubled)
      pending.delete(id)
      return state
    }, undefined),
  ).start()
  let asked = 0
  return n =>
    new Promise(resolve => {
      const id = ++asked
      pending.set(id, resolve)
      callee.send({ type: 'double', n, id, replyTo: outside })
    })
}

const ask =
  (how: typeof sequential): Round =>
  async (scale, tell) => {
    const { perSecond } = await rate(scale, how(askOf()))
    tell({ 'per second': perSecond })
  }

export const xstate: Cases = {
  'event to one agent': send(1),
  'event to one agent, journalled': send(1),
  'events to 1,000 agents in turn': send(1_000),
  'agent asks agent by events': pair,
  'agent asks agent by events, journalled': pair,
  'ask, one at a time': ask(sequential),
  'ask, one at a time, journalled': ask(sequential),
  'ask, 1,000 in flight': ask(inFlight),
}
