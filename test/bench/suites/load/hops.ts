import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Cases, Round } from '../../suite.ts'

/** How tokens go round: each agent hands on what it gets to the next, the last one to the first. */
export interface Hops {
  readonly agents: number
  readonly tokens: number
  /** Of all tokens together. */
  readonly hops: number
}

const sizes: Readonly<Record<string, { readonly full: Hops; readonly smoke: Hops }>> = {
  'chain of 100,000 agents': {
    full: { agents: 100_000, tokens: 1, hops: 100_000 },
    smoke: { agents: 300, tokens: 1, hops: 300 },
  },
  'ring of 1,000 agents, 1,000,000 hops': {
    full: { agents: 1_000, tokens: 100, hops: 1_000_000 },
    smoke: { agents: 30, tokens: 10, hops: 300 },
  },
}

export const hopCases: readonly string[] = Object.keys(sizes)

/** Agents that are there, and wait for tokens. */
export interface Relay {
  /** Gives a token to so many agents, at equal distances, and resolves when each was handed on so many times. */
  run(tokens: number, hopsEach: number): Promise<void>
  /** Throws unless so many hops were made. */
  check(hops: number): void
  stop(): Promise<void> | void
}

/** A contestant's rounds: how fast tokens go round, and how long the event loop has to wait meanwhile. */
export function hopRounds(create: (agents: number) => Promise<Relay> | Relay): Cases {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, roundOf(size, create)]))
}

const roundOf =
  (size: { readonly full: Hops; readonly smoke: Hops }, create: (agents: number) => Promise<Relay> | Relay): Round =>
  async (scale, tell) => {
    const { agents, tokens, hops } = size[scale]
    const relay = await create(agents)
    globalThis.gc?.()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const begin = performance.now()
    await relay.run(tokens, hops / tokens)
    const elapsed = performance.now() - begin
    delay.disable()
    relay.check(hops)
    tell({ 'per second': (hops / elapsed) * 1_000, 'p99 ms': delay.percentile(99) / 1e6 })
    await relay.stop()
  }
