import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/supervision/restart-intensity.ts',
  breaks: 'Restarts that one event caused in several agents counted as several.',
  from: 'recent.find(one => cause !== undefined && one.cause === cause && !one.children.includes(child))',
  to: 'recent.find(() => false)',
  found: { workload: 'chores', seed: 2 },
}
