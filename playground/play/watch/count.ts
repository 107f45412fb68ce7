/** What a run has come to. */
export interface Count {
  readonly ok: number
  readonly of: number
}

/** Sends the count to the process that watches, if there is such a process. */
export function tellWatcher(count: Count): void {
  process.send?.(count)
}

/** Whether a message of another process is a count. */
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
