import type { Fault } from '../fault.ts'

export const fault: Fault = {
  file: 'src/work/piece.ts',
  breaks: 'Effects that are run again did not wait for onInit.',
  from: '() => this.actor.whenRunning(goIfWanted)',
  to: '() => goIfWanted()',
  found: { workload: 'chores', seed: 5 },
}
