import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/readers/schedules.ts',
  breaks: 'A schedule that is over happened again at each start.',
  from: '?? this.#over.get(partition.address)?.get(name)',
  to: '',
  found: { workload: 'chores', seed: 1 },
}
