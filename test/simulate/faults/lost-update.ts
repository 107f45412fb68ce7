import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/state/store.ts',
  breaks: 'The second of two events of one step does not change the state of the party.',
  from: '    if (!next) return\n    this.#own = next.own',
  to: '    if (!next || next.live.version === this.#live.version + 2) return\n    this.#own = next.own',
  found: { workload: 'jobs', seed: 2 },
}
