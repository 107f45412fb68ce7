import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/recovery/restore.ts',
  breaks: 'The time that timers have left was counted from the last frame, not from the last moment of the process.',
  from: 'standing.date = Math.max(standing.date, lastMoment)\n',
  to: '',
  found: { workload: 'chores', seed: 160 },
}
