import type { EffectWork } from '../invoke/effect.ts'
import { runEffect } from './effect-run.ts'
import type { WorkKind } from './kind.ts'

/** A function that works outside the agent. */
export const effectKind: WorkKind<EffectWork> = {
  name: 'effect',
  isAwaited: true,
  titleOf: ({ name }) => name,
  intent: ({ name }, { partition, key }) => ({ kind: 'effect', seq: partition.nextSeq(), key, name }),
  run: runEffect,
  recover: ({ inDoubt }) => inDoubt,
}
