export { eventsOf, inputsOf, outputsOf } from './arbitrary.ts'
export { ArbitraryError } from './bounded.ts'
export type { Material } from './candidates.ts'
export {
  type AgentPath,
  type AgentPaths,
  InlineActorError,
  type PathFailure,
  type PathOptions,
  pathsOf,
} from './paths-of.ts'
export { PathError } from './play.ts'
export type { PathStep } from './step.ts'
