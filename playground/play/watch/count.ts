/** What a run has come to. */
export interface Count {
  readonly ok: number
  readonly of: number
}

/** Tells the process that watches, if one does. */
export function tellWatcher(count: Count): void {
  process.send?.(count)
}

/** Whether a message of another process is one. */
export function isCount(message: unknown): message is Count {
  return (
    typeof message === 'object' &&
    message !== null &&
    'ok' in message &&
    typeof message.ok === 'number' &&
    'of' in message &&
    typeof message.of === 'number'
  )
}
