import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/invoke/ask-table.ts',
  breaks: 'An ask whose time is over stays open, so that a late reply answers it too.',
  from: '    const ask = this.#forget(key)\n    if (!ask) return false',
  to: '    const ask = outcome.ok ? this.#forget(key) : this.#pending.get(key)\n    if (!ask) return false',
  found: { workload: 'jobs', seed: 1 },
}
