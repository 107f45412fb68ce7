export * from './ai.ts'
export * from './ai-money.ts'
export { custom } from './custom.ts'
export {
  type Echo,
  type EchoBus,
  EchoError,
  type EchoHeard,
  type Echoing,
  type EchoOptions,
  echo,
  echoOf,
} from './echo.ts'
export { importantEvents } from './important.ts'
export * from './pipeline.ts'
export * from './platform.ts'
export type { Part, Publisher, PublishersOf } from './publisher.ts'
export * from './system.ts'
export { priorityOf } from './urgency.ts'
