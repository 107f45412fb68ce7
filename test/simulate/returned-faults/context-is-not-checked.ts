import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/actor/kept.ts',
  breaks: 'A context that a journal cannot carry was not refused.',
  from: 'if (context !== before?.context)\n',
  to: 'if (context === null)\n',
  found: { workload: 'jobs', seed: 45 },
}
