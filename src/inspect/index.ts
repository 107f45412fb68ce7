export { type PageFrame, type PageKind, type PageOptions, pageSource } from './page.ts'

export { InspectorServeError, type ServeReason } from './serve-error.ts'
export {
  type InspectorServer,
  type ServeInspectorOptions,
  type ServeOptions,
  serveInspector,
  serveStreams,
} from './server.ts'
export { type Observable, recorded, type Send, type Source, type Stream } from './source.ts'
export {
  type InspectIntoOptions,
  inspectInto,
  type StatelyEvent,
  type StatelyInspector,
  type StatelyOptions,
  statelySource,
} from './stately.ts'
