/** What the main thread asks of the thread that has the file: plain data, since nothing else crosses. */
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

/** What each question is answered with. */
export interface Told {
  readonly open: FileIdentity
  /** For each write, why it was refused, if it was. */
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
  /** The database that was open before, if this is not the first time: no other will do. */
  readonly known: FileIdentity | undefined
}

/** What stays the same of a file when it is written or renamed. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

/** A change, which is made whole or not at all. A refused change does not stop the others. */
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
  /** JSON, one for each position. */
  readonly bodies: readonly string[]
  readonly checkpoints: readonly CheckpointWrite[]
}

/** JSON of a checkpoint, or none for an agent that is there no more; or of what has changed in it. */
export type CheckpointWrite =
  | readonly [agent: string, kind: 'whole', body: string | undefined]
  | readonly [agent: string, kind: 'change', body: string]

/** UTF-8 of a JSON array. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Frames that follow each other. */
export interface FrameRows {
  readonly frames: Bytes
  /** Whether there were no more. */
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

/** A checkpoint as it was last written whole, and what has changed in it since, in order. */
export type CheckpointRow = readonly [agent: string, body: string, changes: readonly string[]]

export type MarkRow = readonly [partition: string, position: number]

/** Why something was refused. */
export type Failure =
  /** The partition has moved on, or belongs to a later owner. */
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
  /** Its end was cut off, or all of it. */
  | 'shortened'

/** Why a journal cannot be opened. */
export type OpenReason =
  /** A newer version of Troupe wrote it. */
  | 'newer'
  /** The file is something else. */
  | 'foreign'
  /** The file is not as it was written. */
  | 'damaged'
  /** A file is missing or empty without which what was acknowledged is not all there. */
  | 'incomplete'
  /** A file of the journal is a symbolic link, a directory or a device. */
  | 'not-a-file'
  /** Nothing can be written there. */
  | 'read-only'
  /** The directory cannot be made, or the file cannot be opened. */
  | 'unreachable'
  /** The package that makes the tables is not installed. */
  | 'no-kysely'
