/** What belongs to a line of a log, beside its text. Payloads of events never do. */
export interface LogFields {
  /** The stable code of an error. */
  readonly code?: string
  /** The agent, party or runtime that it is about. */
  readonly address?: string
  readonly severity?: string
  /** Where an error was thrown, and what caused it. */
  readonly stack?: string
  readonly [field: string]: unknown
}

/** A logger of the shape that pino, bunyan and many others have. */
export interface Logger {
  /** Something happened that is as it should be. */
  info(fields: LogFields, message: string): void
  /** Something is not as it should be, and the work goes on. */
  warn(fields: LogFields, message: string): void
  /** Work was given up. */
  error(fields: LogFields, message: string): void
}

/** An error, as an event tells it. */
interface Told {
  readonly severity: 'warning' | 'error' | 'critical'
  readonly code: string
  readonly message: string
  readonly address?: string | undefined
  readonly stack?: string | undefined
}

/** Where a runtime writes what operators are to know. */
export interface Log {
  info(message: string, fields?: LogFields): void
  /** @param isHeard whether a subscriber hears of it: then it needs no line unless there is a logger */
  told(error: Told, isHeard: boolean): void
}

/**
 * The log of a runtime: a logger of the user's, nothing (`silent`), or by default one line on stderr for each error that no
 * subscriber hears of, in development for each such warning too, and under it the stack, unless the line before has the same.
 * A logger that throws harms nobody.
 */
export function createLog(
  given: Logger | 'silent' | undefined,
  { development }: { readonly development: boolean },
): Log {
  if (given === 'silent') return { info: () => {}, told: () => {} }
  if (!given) return new Printed(development)
  return {
    info: (message, fields = {}) => guarded(() => given.info(fields, message)),
    told: ({ message, severity, code, address, stack }) => {
      const fields = {
        severity,
        code,
        ...(address !== undefined && { address }),
        ...(stack !== undefined && { stack }),
      }
      guarded(() => (severity === 'warning' ? given.warn(fields, message) : given.error(fields, message)))
    },
  }
}

/** A party that does not come back looks like one that never was, to everybody who did not listen for that. */
function isLoud({ code }: Told): boolean {
  return code === 'PARTY_QUARANTINED'
}

/** A logger that fails, at once or later, harms nobody: nobody is left to tell. */
function guarded(write: () => unknown): void {
  try {
    Promise.resolve(write()).catch(() => {})
  } catch {}
}

class Printed implements Log {
  readonly #development: boolean
  #last: string | undefined

  constructor(development: boolean) {
    this.#development = development
  }

  info(): void {}

  told(error: Told, isHeard: boolean): void {
    const { severity, code, message, address, stack } = error
    if (isHeard ? !isLoud(error) : severity === 'warning' && !this.#development) return
    const place = address === undefined ? '' : ` at ${address}`
    const line = oneLine(`troupe: ${severity} ${code}${place}: ${message}`)
    // An agent that crashes again and again, and the supervisor that gives up over it, would tell it many times.
    const isNews = stack !== undefined && stack !== this.#last
    this.#last = stack
    const rest = isNews ? stackBelow(error, stack) : ''
    console.error(rest === '' ? line : `${line}\n${indented(rest)}`)
  }
}

/** A text may come from an agent or a file: control characters, and those that nobody sees, would reach the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?')
}

/** A stack without its first line where the line above it says the same: its code, and its message. */
function stackBelow({ code, message }: Told, stack: string): string {
  const at = stack.indexOf(message)
  const isSame = code !== 'UNEXPECTED' && at >= 0 && /^\w*(: )?$/.test(stack.slice(0, at))
  return isSame ? stack.slice(at + message.length).replace(/^\n/, '') : stack
}

/** No line of it can be taken for one of the runtime's own. */
function indented(stack: string): string {
  return stack
    .split('\n')
    .map(line => `${/^\s/.test(line) ? '        ' : '    '}${oneLine(line.trim())}`)
    .join('\n')
}
