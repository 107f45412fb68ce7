import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/journal/memory.ts',
  breaks: 'The journal takes frames of a writer that another owner has replaced.',
  from: '    if (epoch < this.#epoch || this.#position !== expectedPosition)\n',
  to: '    if (epoch === this.#epoch && this.#position !== expectedPosition)\n',
  found: { workload: 'jobs', seed: 32 },
}
