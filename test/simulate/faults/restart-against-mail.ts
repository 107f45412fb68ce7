import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/incarnations.ts',
  breaks: 'An agent that restarts loses the mail that waits for it.',
  from: "incarnation > 1 && actor.agent.onRestart === 'anew'",
  to: "incarnation > 1 && actor.agent.onRestart !== 'keep'",
  found: { workload: 'jobs', seed: 9 },
}
