import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/kinds/lives.ts',
  breaks: 'A party whose creation a full disk refused left its id taken.',
  from: 'if (present.get(id) === one) await this.deletion.discard(one)',
  to: '',
  found: { workload: 'chores', seed: 1 },
}
