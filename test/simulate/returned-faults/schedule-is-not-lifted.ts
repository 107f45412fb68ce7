import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/readers/schedules.ts',
  breaks: 'Events of schedules were not lifted by upcasts.',
  from: 'const { type, data } = partition.system.catalog.lifted({ ...event, version })',
  to: 'const { type, data } = { ...event, version }',
  found: { workload: 'chores', seed: 2 },
}
