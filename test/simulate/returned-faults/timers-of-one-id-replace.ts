import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/journal/fold/timers.ts',
  breaks: 'Two timers that an agent raises under one id became one after a crash.',
  from: 'agent.timers.set(entry.key ?? entry.id, entry)',
  to: 'agent.timers.set(entry.id, entry)',
  found: { workload: 'chores', seed: 3 },
}
