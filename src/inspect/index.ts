export { type PageFrame, type PageKind, type PageOptions, pageSource } from './page.ts'

export { InspectorServeError, type ServeReason } from './serve-error.ts'
export {
  type InspectorServer,
  type ServeInspectorOptions,
  type ServeOptions,
  serveInspector,
  serveStreams,
} from './server.ts'
export { type Observable, type Refuse, recorded, type Send, type Source, type Stream } from './source.ts'
export {
  type InspectIntoOptions,
  inspectInto,
  type PageWindow,
  type StatelyEvent,
  type StatelyEventBase,
  type StatelyInspector,
  type StatelyOptions,
  statelySource,
} from './stately.ts'
