import { systemClock } from '../../clock.ts'

/** The result of a check. */
export interface Found {
  /** A remark is worth knowing, and does not make the command fail. */
  readonly how: 'ok' | 'remark' | 'failed'
  readonly says: string
  /** What to do about it. */
  readonly fix?: string
  /** Measured figures, by a name that includes the unit. */
  readonly figures?: Readonly<Record<string, number>>
}

/** A check of one thing that programs here need. */
export interface Check {
  readonly name: string
  /** If it throws, the check failed. */
  readonly look: (signal: AbortSignal) => Found | Promise<Found>
}

/** The result of a check, with its name and duration. */
export interface Finding extends Found {
  readonly check: string
}

interface ExamineOptions {
  /** Milliseconds that it may take. */
  readonly limit: number
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
}

/** Makes one check and returns what it found, also when it fails. @throws the reason of the signal */
export async function examined({ name, look }: Check, { limit, signal }: ExamineOptions): Promise<Finding> {
  signal.throwIfAborted()
  const late = new AbortController()
  const over = AbortSignal.any([signal, late.signal])
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  over.addEventListener('abort', () => reject(over.reason), { once: true })
  const cancelTimer = systemClock.after(limit, () => late.abort(new Error(`It took more than ${limit} ms.`)))
  try {
    return { check: name, ...(await Promise.race([givenUp, (async () => look(over))()])) }
  } catch (error) {
    signal.throwIfAborted()
    return { check: name, how: 'failed', says: `${reasonOf(error)}.` }
  } finally {
    cancelTimer()
  }
}

/** What an error says, as a part of a sentence. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : `${error}`).split('\n')
  return line.replace(/\.$/, '')
}
