import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/partition/partition-time.ts',
  breaks: 'A clock that was corrected shifted deadlines and times to live.',
  from: 'this.#jumps.add({ at: this.#position(), ms })\n    this.#unrecorded += ms',
  to: '',
  found: { workload: 'chores', seed: 7 },
}
