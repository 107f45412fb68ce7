import { type AnyActorRef, assign, createActor, setup } from 'xstate'
import { checkCount } from '../../rate.ts'
import { hopRounds, type Relay } from './hops.ts'

interface Token {
  readonly type: 'token'
  readonly left: number
}

interface Sent {
  readonly from: AnyActorRef
  readonly token: Token
}

const none: { count: number } = { count: 0 }

function relayer(send: (sent: Sent) => void) {
  return setup({
    types: { context: none, events: {} as Token },
    actions: { count: assign(({ context }) => ({ count: context.count + 1 })) },
  }).createMachine({
    id: 'relayer',
    context: none,
    on: {
      token: [
        { guard: ({ event }) => event.left === 0, actions: 'count' },
        {
          actions: ['count', ({ self, event }) => send({ from: self, token: { type: 'token', left: event.left - 1 } })],
        },
      ],
    },
  })
}

const turnsPerYield = 1_000

/**
 * The least that gets through: machines of bare XState, and a queue by hand that gives the event loop its turn. `sendTo`
 * alone would hand over each token inside the step of the one before, and a long chain would be too deep for the stack.
 */
class ByHand implements Relay {
  #queue: Sent[] = []
  readonly #machine = relayer(sent => void this.#queue.push(sent))
  readonly #agents
  readonly #next: ReadonlyMap<AnyActorRef, AnyActorRef | undefined>

  constructor(agents: number) {
    this.#agents = Array.from({ length: agents }, () => createActor(this.#machine).start())
    this.#next = new Map(this.#agents.map((agent, place) => [agent, this.#agents[(place + 1) % agents]]))
  }

  async run(tokens: number, hopsEach: number): Promise<void> {
    const distance = this.#agents.length / tokens
    for (const [place, agent] of this.#agents.entries())
      if (place % distance === 0) agent.send({ type: 'token', left: hopsEach - 1 })
    let turns = 0
    while (this.#queue.length > 0) {
      const sent = this.#queue
      this.#queue = []
      for (const { from, token } of sent) this.#next.get(from)?.send(token)
      turns += sent.length
      if (turns < turnsPerYield) continue
      turns = 0
      await new Promise(setImmediate)
    }
  }

  check(hops: number): void {
    const counted = this.#agents.reduce((sum, agent) => sum + agent.getSnapshot().context.count, 0)
    checkCount('hops', counted, hops)
  }

  stop(): void {
    for (const agent of this.#agents) agent.stop()
  }
}

export const xstateHops = hopRounds(agents => new ByHand(agents))
