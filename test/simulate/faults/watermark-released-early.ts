import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/journal/watermark.ts',
  breaks: 'What waits for the newest frame is released when an older frame is durable.',
  from: 'next && next.position <= this.#durable;',
  to: 'next && next.position <= this.#head;',
  found: { workload: 'jobs', seed: 1 },
}
