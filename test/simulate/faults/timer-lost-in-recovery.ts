import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/saved-timers.ts',
  breaks: 'Recovery forgets timers that waited while no process ran.',
  from: '    timer.inside\n      ? []',
  to: '    timer.inside || timer.away !== undefined\n      ? []',
  found: { workload: 'jobs', seed: 21 },
}
