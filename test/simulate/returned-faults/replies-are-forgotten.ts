import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/restoring.ts',
  breaks: 'A reply that was recorded was not found by an asker that asked again after a crash.',
  from: 'if (saved) openRecalled(this.#partition, actor, saved)',
  to: '',
  found: { workload: 'chores', seed: 1 },
}
