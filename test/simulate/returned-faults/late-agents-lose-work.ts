import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/restoring.ts',
  breaks: 'An agent that was spawned again later lost its work under way.',
  from: 'this.#parts.work.resume(new Map([[this.#partition.address, restored.saved.standing]]))\n',
  to: '',
  found: { workload: 'chores', seed: 34 },
}
