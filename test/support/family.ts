import {
  type Agent,
  type Backoff,
  definePool,
  defineSupervisor,
  type EffectFunction,
  type MailboxRules,
  type RestartIntensity,
  type RestartType,
  type Routing,
  type Strategy,
} from 'troupe'
import { type AnyActorRef, createMachine } from 'xstate'
import { dogAgent, hoseAgent, petsParty, runnerAgent, trainerAgent } from './pets.ts'

/** A family of pets, and the rules of its supervision. */
export interface Family {
  readonly strategy: Strategy
  readonly intensity: RestartIntensity
  readonly backoff: Backoff | undefined
  /** The supervisor of dog and puppy. */
  readonly kennel: { readonly strategy: Strategy; readonly restart: RestartType }
  /** How a pool of dogs routes its mail. */
  readonly litter: Routing
  readonly restart: { readonly [N in 'trainer' | 'dog' | 'puppy' | 'hose']: RestartType }
  /** The mailbox and the crash rules of all dogs. */
  readonly dogs: Pick<Agent, 'onCrash' | 'onRestart'> & { readonly mailbox: MailboxRules }
  /** How the effects of dogs end. */
  readonly runs: 'done' | 'failed' | 'endless'
  /** The callees of the trainer. */
  readonly trained: 'dog' | 'runtime/dog'
}

/** What remains of the agents of a family. */
export interface Traces {
  /** XState's refs of all their incarnations. */
  readonly refs: AnyActorRef[]
  /** Effects that have started and not ended. */
  effects: number
}

/** The party of a family, a dog that strays outside of it, and one that may join later. */
export function petsOf({ kennel, restart, dogs, litter, ...family }: Family, traces: Traces) {
  const { strategy, intensity, backoff } = family
  const traced = (agent: Agent, options: Partial<Agent>) => leavingRef({ ...agent, ...options }, traces)
  const dog = traced(runnerAgent(running(family.runs, traces)), dogs)
  const party = petsParty(
    traced(trainerAgent(family.trained), { restart: restart.trainer }),
    defineSupervisor({
      name: 'kennel',
      ...kennel,
      intensity,
      agents: [
        { ...dog, restart: restart.dog },
        { ...dog, name: 'puppy', restart: restart.puppy },
      ],
    }),
    traced(hoseAgent(), { restart: restart.hose }),
    definePool({ name: 'litter', agent: { ...dog, restart: restart.puppy }, size: 2, routing: litter, intensity }),
  )
  return {
    party: { ...party, supervision: { strategy, intensity, backoff } },
    stray: traced(dogAgent(), { mailbox: dogs.mailbox }),
    late: dog,
  }
}

function leavingRef(agent: Agent, { refs }: Traces): Agent {
  const { config, implementations } = agent.machine
  const entry = ({ self }: { self: AnyActorRef }) => void refs.push(self)
  return { ...agent, machine: createMachine({ ...config, entry }, implementations) }
}

const running =
  (runs: Family['runs'], traces: Traces): EffectFunction<string, unknown> =>
  async (_, { signal }) => {
    traces.effects++
    try {
      if (runs === 'failed') throw new Error('out of breath')
      if (runs === 'endless') await aborted(signal)
      return 'home'
    } finally {
      traces.effects--
    }
  }

function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
