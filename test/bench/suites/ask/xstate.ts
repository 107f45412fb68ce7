import { type AnyActorRef, createActor, fromTransition, sendTo, setup } from 'xstate'
import { type AskDouble, askRounds, timeLimit } from './rounds.ts'

/** Request and reply as one writes them by hand with XState: two actors, a key, a map, a timer for each request. */

interface Go {
  readonly type: 'go'
  readonly n: number
  readonly id: number
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

type Settle = (reply: Doubled) => void

/** Keeps who waits; `send` tells the asking actor to ask. */
function asking(createAsker: (settle: Settle) => (go: Go) => void): AskDouble {
  const waiting = new Map<number, { resolve(doubled: number): void; readonly timer: NodeJS.Timeout }>()
  const send = createAsker(({ id, doubled }) => {
    const one = waiting.get(id)
    if (!one) return
    clearTimeout(one.timer)
    waiting.delete(id)
    one.resolve(doubled)
  })
  let asked = 0
  return n =>
    new Promise((resolve, reject) => {
      const id = ++asked
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error('no answer in time'))
      }, timeLimit)
      waiting.set(id, { resolve, timer })
      send({ type: 'go', n, id })
    })
}

const doublerMachine = setup({ types: { events: {} as Double } }).createMachine({
  on: {
    double: {
      actions: sendTo(
        ({ event }) => event.replyTo,
        ({ event: { n, id } }): Doubled => ({ type: 'doubled', doubled: n * 2, id }),
      ),
    },
  },
})

export const machines = askRounds(() =>
  asking(settle => {
    const doubler = createActor(doublerMachine).start()
    const askerMachine = setup({ types: { events: {} as Go | Doubled } }).createMachine({
      on: {
        go: {
          actions: sendTo(doubler, ({ event: { n, id }, self }): Double => ({ type: 'double', n, id, replyTo: self })),
        },
        doubled: { actions: ({ event }) => settle(event) },
      },
    })
    const asker = createActor(askerMachine).start()
    return go => asker.send(go)
  }),
)

export const transitions = askRounds(() =>
  asking(settle => {
    const doubler = createActor(
      fromTransition((state, { replyTo, n, id }: Double) => {
        replyTo.send({ type: 'doubled', doubled: n * 2, id })
        return state
      }, undefined),
    ).start()
    const asker = createActor(
      fromTransition((state, event: Go | Doubled, { self }) => {
        if (event.type === 'go') doubler.send({ type: 'double', n: event.n, id: event.id, replyTo: self })
        else settle(event)
        return state
      }, undefined),
    ).start()
    return go => asker.send(go)
  }),
)
