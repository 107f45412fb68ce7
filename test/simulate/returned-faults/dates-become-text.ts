import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/values/json.ts',
  breaks: 'Dates changed silently in what a journal gives back.',
  from: "return { [tag]: ['date', Number.isNaN(value.getTime()) ? null : value.getTime()] }",
  to: 'return value.toJSON()',
  found: { workload: 'chores', seed: 1 },
}
