import { sep } from 'node:path'
import { TroupeError, textOf } from './errors.ts'

/** An error in words, as events and the journal carry it: without its fields, which may hold anything. */
export interface ErrorWords {
  /** The code that Troupe, Node or a library gave the error; `UNEXPECTED` if it has no code. */
  readonly code: string
  readonly message: string
  /** Where it was thrown, and the errors that caused it; left out if that is unknown. */
  readonly stack?: string
}

/** An error as data: in words, and with what it takes to make it again where that is possible. */
export interface ErrorData extends ErrorWords {
  /** The error itself, as the journal holds a value. */
  readonly error?: unknown
  /** The same, of the errors that are made again from their fields. */
  readonly fields?: unknown
  /** The last error of an effect that was tried again in vain. */
  readonly cause?: ErrorData
}

/** A thrown value, and the same in words. */
export interface Failure {
  readonly error: unknown
  readonly words: ErrorWords
}

/** Most characters of a stack, with all causes. */
const longestStack = 8_000
const longestCode = 100
const mostCauses = 8

/** The folder of the runtime's own code as stacks write it: a path, or a URL, in which a space is `%20`. */
const inside = [`${import.meta.dirname}${sep}`, new URL('./', import.meta.url).href]

/** Frames of XState, of the installed package, of Node, and frames without a file. */
const foreign =
  /[\\/]node_modules[\\/](xstate|@xstate|troupe[\\/]dist)[\\/]|node:internal|\((index \d+|<anonymous>|native)\)/

/** The thrown values by their words, in the process that caught them. */
const originals = new WeakMap<object, unknown>()

/** An error in words. `errorOf` gives back the error itself. */
export function wordsOf(thrown: unknown): ErrorWords {
  const stack = stackOf(thrown)
  const code = fieldOf(thrown, 'code')
  const words = Object.freeze({
    code: typeof code === 'string' ? code.slice(0, longestCode) : 'UNEXPECTED',
    message: textOf(thrown),
    ...(stack !== undefined && { stack }),
  })
  originals.set(words, thrown)
  return words
}

export function failureOf(error: unknown): Failure {
  return { error, words: wordsOf(error) }
}

/** Remembers which error a payload describes, so that `errorOf` can return it. */
export function withOriginal<D extends object>(data: D, thrown: unknown): D {
  originals.set(data, thrown)
  return data
}

/**
 * The thrown error that an event or a dead letter describes; `undefined` in another process, where only its code, message and
 * stack are known.
 *
 * @example
 * runtime.bus.errors(event => report(errorOf(event) ?? event.data.message))
 *
 * @param described an event such as `system.error` or `agent.failed`, or a dead letter
 */
export function errorOf(described: { readonly data?: unknown } | { readonly error?: unknown }): unknown {
  const words: unknown = 'error' in described ? described.error : 'data' in described ? described.data : undefined
  return typeof words === 'object' && words !== null ? originals.get(words) : undefined
}

/** Calls back if what a function returned is a promise that rejects, whatever else it may be. */
export function onRejection(returned: unknown, rejected: (error: unknown) => void): void {
  try {
    const isPromise = typeof returned === 'object' && returned !== null && 'then' in returned
    if (isPromise && typeof returned.then === 'function') Promise.resolve(returned).catch(rejected)
  } catch {
    // It throws when it is read, so it is not awaited.
  }
}

/** Where an error was thrown, and what caused it; nothing where neither is known. */
export function stackOf(thrown: unknown): string | undefined {
  const parts: string[] = []
  const seen = new Set<unknown>()
  for (let at = thrown; at !== undefined && at !== null && seen.size < mostCauses && !seen.has(at); ) {
    seen.add(at)
    const cause = fieldOf(at, 'cause')
    const part = partOf(at)
    // Where the runtime only says what it found, or what an error led to, there is no place to show.
    const isPlain = !part.includes('\n') && parts.length === 0
    if (!isPlain) parts.push(part)
    at = cause
  }
  return parts.length === 0 ? undefined : parts.join('\ncaused by: ').slice(0, longestStack)
}

/** The stack of one error, with its code, which is often all that an error of Node says. */
function partOf(error: unknown): string {
  const [stack, code] = [fieldOf(error, 'stack'), fieldOf(error, 'code')]
  const isOurs = TroupeError.is(error)
  const part = typeof stack === 'string' ? ownPart(stack.slice(0, longestStack), isOurs) : textOf(error)
  // The engine writes the stack before the error has the name of its class.
  if (isOurs) return part.replace(/^Error(?=: )/, textOf(fieldOf(error, 'name')))
  const isCoded = typeof code === 'string' && !part.includes(code)
  return isCoded ? `[${code.slice(0, longestCode)}] ${part}` : part
}

/**
 * Without what of the runtime and of XState called the code that threw.
 *
 * @param isOurs whether it is an error of the runtime: only who called the runtime can do something about it
 */
function ownPart(stack: string, isOurs: boolean): string {
  const lines = stack.split('\n')
  if (isOurs) return lines.filter(line => !/^\s+at /.test(line) || !isInside(line)).join('\n')
  const last = lines.findLastIndex(line => /^\s+at /.test(line) && !isInside(line))
  return last < 0 ? stack : lines.slice(0, last + 1).join('\n')
}

function isInside(frame: string): boolean {
  return inside.some(place => frame.includes(place)) || foreign.test(frame)
}

/** A field of something that was thrown, which may throw when it is read. */
function fieldOf(thrown: unknown, name: string): unknown {
  try {
    return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined
  } catch {
    return undefined
  }
}

/** An error of an earlier process, as far as the journal knows it. */
export class RecordedError extends TroupeError {
  readonly code: string
  constructor(recorded: unknown) {
    const { code, message, stack }: { code?: unknown; message?: unknown; stack?: unknown } =
      typeof recorded === 'object' && recorded !== null ? recorded : {}
    super(`${message}`)
    this.code = `${code}`
    if (typeof stack === 'string') this.stack = stack
  }
}

/** What an error of an earlier process was caused by, as far as the journal knows it. */
export function recordedCause(known: { error: string; code?: string; stack?: string }): ErrorOptions | undefined {
  const { error: message, code, stack } = known
  return code === undefined ? undefined : { cause: new RecordedError({ code, message, stack }) }
}
