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

/** A family of pets, and by which rules it is looked after. */
export interface Family {
  readonly strategy: Strategy
  readonly intensity: RestartIntensity
  readonly backoff: Backoff | undefined
  /** The supervisor of dog and puppy. */
  readonly kennel: { readonly strategy: Strategy; readonly restart: RestartType }
  /** How a pool of dogs shares its mail. */
  readonly litter: Routing
  readonly restart: { readonly [N in 'trainer' | 'dog' | 'puppy' | 'hose']: RestartType }
  /** Of all dogs. */
  readonly dogs: Pick<Agent, 'onCrash' | 'onRestart'> & { readonly mailbox: MailboxRules }
  /** What becomes of the dogs' runs. */
  readonly runs: 'done' | 'failed' | 'endless'
  /** Whom the trainer asks. */
  readonly trained: 'dog' | 'runtime/dog'
}

/** What the agents of a family leave behind. */
export interface Traces {
  /** XState's refs of all their incarnations. */
  readonly refs: AnyActorRef[]
  /** Effects that have begun and not ended. */
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
