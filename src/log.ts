/** The fields of a line of a log, besides its text. Payloads of events are never among them. */
export interface LogFields {
  /** The stable code of an error. */
  readonly code?: string
  /** The agent, party or runtime that the line is about. */
  readonly address?: string
  readonly severity?: string
  /** Where an error was thrown, and what caused it. */
  readonly stack?: string
  readonly [field: string]: unknown
}

/** A logger of the shape that pino, bunyan and many others have. */
export interface Logger {
  /** Something normal happened. */
  info(fields: LogFields, message: string): void
  /** Something is wrong, and the work goes on. */
  warn(fields: LogFields, message: string): void
  /** Work was given up. */
  error(fields: LogFields, message: string): void
}

/** An error, as `system.error` reports it. */
interface ReportedError {
  readonly severity: 'warning' | 'error' | 'critical'
  readonly code: string
  readonly message: string
  readonly address?: string | undefined
  readonly stack?: string | undefined
}

/** Where a runtime writes what operators need to know. */
export interface Log {
  info(message: string, fields?: LogFields): void
  /** @param isHeard whether a subscriber gets the error: then only a logger writes a line */
  report(error: ReportedError, isHeard: boolean): void
}

/**
 * The log of a runtime: a logger of the application, nothing (`silent`), or by default one line on stderr for each error that no
 * subscriber gets, in development for each such warning too. The stack follows, unless the line before has the same stack. An
 * error of the logger is ignored.
 */
export function createLog(
  given: Logger | 'silent' | undefined,
  { development }: { readonly development: boolean },
): Log {
  if (given === 'silent') return { info: () => {}, report: () => {} }
  if (!given) return new Printed(development)
  return {
    info: (message, fields = {}) => guarded(() => given.info(fields, message)),
    report: ({ message, severity, code, address, stack }) => {
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

/** A quarantined party looks as if it never existed, so its error is always printed. */
function isLoud({ code }: ReportedError): boolean {
  return code === 'PARTY_QUARANTINED'
}

/** Ignores an error of the logger, because there is no other place to report it. */
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

  report(error: ReportedError, isHeard: boolean): void {
    const { severity, code, message, address, stack } = error
    if (isHeard ? !isLoud(error) : severity === 'warning' && !this.#development) return
    const place = address === undefined ? '' : ` at ${address}`
    const line = oneLine(`troupe: ${severity} ${code}${place}: ${message}`)
    // An agent that crashes repeatedly, and its supervisor that gives up, would print the same stack many times.
    const isNews = stack !== undefined && stack !== this.#last
    this.#last = stack
    const rest = isNews ? stackBelow(error, stack) : ''
    console.error(rest === '' ? line : `${line}\n${indented(rest)}`)
  }
}

/** A text may come from an agent or a file: its control characters and invisible characters must not reach the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?')
}

/** A stack without its first line, if the line above has the same code and message. */
function stackBelow({ code, message }: ReportedError, stack: string): string {
  const at = stack.indexOf(message)
  const isSame = code !== 'UNEXPECTED' && at >= 0 && /^\w*(: )?$/.test(stack.slice(0, at))
  return isSame ? stack.slice(at + message.length).replace(/^\n/, '') : stack
}

/** Indents a stack, so that none of its lines looks like a line of the runtime. */
function indented(stack: string): string {
  return stack
    .split('\n')
    .map(line => `${/^\s/.test(line) ? '        ' : '    '}${oneLine(line.trim())}`)
    .join('\n')
}
