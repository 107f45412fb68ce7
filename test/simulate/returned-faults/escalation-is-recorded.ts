import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/lifecycle/supervised.ts',
  breaks:
    'Agents outside the parties whose supervisor gave up never came back, and a failed party lost the mail that it should get when it is retried.',
  from: "partition.frames.unrecorded(() => this.#parts.end({ reason: 'escalated', error, escalated: origin }))",
  to: "this.#parts.end({ reason: 'escalated', error, escalated: origin })",
  found: { workload: 'chores', seed: 7 },
}
