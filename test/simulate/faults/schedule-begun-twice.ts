import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/readers/schedules.ts',
  breaks: 'A schedule that is over begins again when the program sets it again.',
  from: '?.get(name) ?? this.#over.get(partition.address)?.get(name)\n',
  to: '?.get(name)\n',
  found: { workload: 'jobs', seed: 98 },
}
