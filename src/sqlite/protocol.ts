/**
 * The questions of the main thread to the worker that uses the file. Plain data, because only plain data can be sent to a worker.
 */
export interface Asked {
  readonly open: Place
  readonly write: readonly Write[]
  readonly read: { readonly partition: string; readonly after: number }
  readonly partitions: null
  readonly saved: { readonly partition: string }
  readonly newest: { readonly most: number }
  readonly readers: null
  readonly marks: { readonly reader: string }
  readonly close: null
}

/** The answer to each question. */
export interface Told {
  readonly open: FileIdentity
  /** For each write, why it was refused; `undefined` if it was not. */
  readonly write: readonly (Failure | undefined)[]
  readonly read: FrameRows
  readonly partitions: readonly PartitionRow[]
  readonly saved: SavedRows
  readonly newest: Bytes
  readonly readers: readonly string[]
  readonly marks: readonly MarkRow[]
  readonly close: null
}

export type Question = {
  [K in keyof Asked]: { readonly id: number; readonly kind: K; readonly what: Asked[K] }
}[keyof Asked]

export type Answer =
  | { readonly id: number; readonly told: Told[keyof Told] }
  | { readonly id: number; readonly failure: Failure }

/** Where a journal is, and how large it may become. */
export interface Place {
  readonly directory: string
  readonly maxBytes: number | undefined
  /** The database that was open before; no other database is opened then. `undefined` the first time. */
  readonly known: FileIdentity | undefined
}

/** Identifies a file; stays the same when the file is written or renamed. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

/** A change, which is made completely or not at all. A refused change does not stop other changes. */
export type Write =
  | AppendWrite
  | ({ readonly kind: 'save'; readonly partition: string } & SnapshotRow)
  | { readonly kind: 'prune'; readonly partition: string; readonly upTo: number }
  | {
      readonly kind: 'mark'
      readonly reader: string
      readonly marks: readonly (readonly [partition: string, position: number | undefined])[]
    }
  | { readonly kind: 'delete'; readonly partition: string; readonly epoch: number | undefined }

export interface AppendWrite {
  readonly kind: 'append'
  readonly partition: string
  readonly epoch: number
  readonly expected: number
  readonly positions: readonly number[]
  /** The JSON of a frame for each position. */
  readonly bodies: readonly string[]
  readonly checkpoints: readonly CheckpointWrite[]
}

/** The JSON of a checkpoint (`undefined` for an agent that was removed), or of its changes. */
export type CheckpointWrite =
  | readonly [agent: string, kind: 'whole', body: string | undefined]
  | readonly [agent: string, kind: 'change', body: string]

/** A JSON array in UTF-8. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A chunk of consecutive frames. */
export interface FrameRows {
  readonly frames: Bytes
  /** Whether these are the last frames. */
  readonly end: boolean
}

export interface PartitionRow {
  readonly partition: string
  readonly epoch: number
  readonly position: number
}

export interface SavedRows {
  readonly snapshot: SnapshotRow | undefined
  readonly checkpoints: readonly CheckpointRow[]
  readonly pruned: number
}

export interface SnapshotRow {
  readonly position: number
  readonly hash: string
  readonly body: string
}

/** A checkpoint as it was last written whole, and the changes since, in order. */
export type CheckpointRow = readonly [agent: string, body: string, changes: readonly string[]]

export type MarkRow = readonly [partition: string, position: number]

/** Why something was refused. */
export type Failure =
  /** The partition has a newer position, or belongs to a later owner. */
  | { readonly code: 'conflict'; readonly actual: number; readonly epoch: number }
  /** No snapshot covers the frames that were to be forgotten. */
  | { readonly code: 'uncovered'; readonly covered: number }
  | { readonly code: 'corrupt'; readonly partition: string; readonly what: string }
  | { readonly code: 'locked'; readonly pid: number | undefined }
  | { readonly code: 'open'; readonly reason: OpenReason; readonly text: string }
  | { readonly code: 'full'; readonly text: string }
  | { readonly code: 'disk'; readonly text: string }
  | { readonly code: 'lost'; readonly file: string; readonly loss: Loss }

/** What happened to a file while it was open. */
export type Loss =
  /** It was deleted, or it or its directory was moved. */
  | 'missing'
  /** There is another file at its path. */
  | 'replaced'
  /** Its end was cut off, or it was emptied. */
  | 'shortened'

/** Why a journal cannot be opened. */
export type OpenReason =
  /** A newer version of Troupe wrote it. */
  | 'newer'
  /** The file is not a journal. */
  | 'foreign'
  /** The file was changed from outside. */
  | 'damaged'
  /** A file is missing or empty, so that a part of what was acknowledged is gone. */
  | 'incomplete'
  /** A file of the journal is a symbolic link, a directory or a device. */
  | 'not-a-file'
  /** Nothing can be written there. */
  | 'read-only'
  /** The directory cannot be made, or the file cannot be opened. */
  | 'unreachable'
  /** The package that makes the tables is not installed. */
  | 'no-kysely'
