import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/saved-timers.ts',
  breaks: 'Timers of machines inside machines were lost in a recovery.',
  from: 'if (!inside) return []\n    const event',
  to: 'if (!inside || id) return []\n    const event',
  found: { workload: 'chores', seed: 1 },
}
