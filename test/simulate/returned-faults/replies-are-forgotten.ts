import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/journal/fold/answers.ts',
  breaks: 'A reply that was recorded was not found by an asker that asked again after a crash.',
  from: 'if (answer) return { answer, callee',
  to: "if (answer && key === '') return { answer, callee",
  found: { workload: 'chores', seed: 57 },
}
