import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/partition/frames.ts',
  breaks: 'An agent gets the outcome of its work before the journal does.',
  from: "    this.append({ kind: 'outcome' }, [entry(seq)])\n",
  to: "    queueMicrotask(() => this.append({ kind: 'outcome' }, [entry(this.nextSeq())]))\n",
  found: { workload: 'jobs', seed: 1 },
}
