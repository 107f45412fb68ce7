import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/supervision/child-spec.ts',
  breaks: 'A machine that reached a final state was begun again.',
  from: "type === 'permanent' || (type === 'transient' && exit === 'failed')",
  to: "type !== 'temporary'",
  found: { workload: 'chores', seed: 1 },
}
