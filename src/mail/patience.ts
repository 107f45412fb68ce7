import { TroupeError, textOf } from '../errors.ts'

/** How a publisher waits for room. */
export interface Patience {
  /** The priority of its event: 1 is most urgent, 10 least. */
  readonly priority: number
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/** @throws PublishCancelledError if the signal is aborted */
export function checkNotAborted(type: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PublishCancelledError(type, signal.reason)
}

/** An event was not published, because the signal of its publisher was aborted before. */
export class PublishCancelledError extends TroupeError {
  readonly code = 'PUBLISH_CANCELLED'
  readonly type: string
  constructor(type: string, cause: unknown) {
    super(
      `"${type}" was not published: the publisher's signal was aborted first (${textOf(cause)}). Publish it again, with another signal, if it is still wanted.`,
      { cause },
    )
    this.type = type
  }
}
