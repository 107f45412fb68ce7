// Registered, so that `is` recognises the errors of a second copy of the package too.
const marker: unique symbol = Symbol.for('troupe.error')

/** Most characters of a sentence: it may quote an id that is as long as a book. */
const longest = 2_000

/** Invisible characters, some of which control a terminal. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * What every error of Troupe has: a stable `code`, typed fields, and a sentence that says what was asked, what is so, and what to
 * do: one line without invisible characters. Each class stands beside its idea; this file holds only their base class.
 *
 * @example
 * try {
 *   await party.removeInput('inp-1')
 * } catch (error) {
 *   if (TroupeError.is(error) && error.code === 'INPUT_NOT_FOUND') console.log(error.message)
 * }
 */
export abstract class TroupeError extends Error {
  abstract readonly code: string
  readonly [marker] = true

  constructor(message: string, options?: ErrorOptions) {
    super(shown(message), options)
    this.name = new.target.name
  }

  /** Whether a caught value is an error of Troupe, also of another copy of the package. */
  static is(value: unknown): value is TroupeError {
    try {
      return typeof value === 'object' && value !== null && marker in value
    } catch {
      // A proxy that cannot be read.
      return false
    }
  }
}

/** Errors are printed in terminals and logs, and the text that they quote may come from anywhere. */
function shown(sentence: string): string {
  return shortened(sentence).replaceAll(unseen, escaped)
}

function shortened(text: string): string {
  const half = longest / 2
  return text.length > longest ? `${text.slice(0, half)}...${text.slice(-half)}` : text
}

function escaped(character: string): string {
  return character.replaceAll(/[^]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text of whatever was thrown: people throw strings, numbers and nothing at all. */
export function textOf(thrown: unknown): string {
  try {
    return shortened(String(messageOf(thrown)))
  } catch {
    // An object without a prototype, or one that throws when it is read.
    return '[object Object]'
  }
}

function messageOf(thrown: unknown): unknown {
  if (thrown instanceof Error) return thrown.message
  const isObject = typeof thrown === 'object' && thrown !== null
  return isObject && 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : thrown
}

/** The stable code of an error, or `UNEXPECTED` for one that is not Troupe's. */
export function codeOf(thrown: unknown): string {
  try {
    return TroupeError.is(thrown) ? thrown.code : 'UNEXPECTED'
  } catch {
    return 'UNEXPECTED'
  }
}

/** Whether a thrown value is an instance of a class. A proxy that cannot be read is an instance of no class. */
export function isOf<E>(thrown: unknown, type: abstract new (...args: never[]) => E): thrown is E {
  try {
    return thrown instanceof type
  } catch {
    return false
  }
}

/** A place in the code that uses the runtime. The stack of an error that happens much later shows it. */
export interface Place {
  readonly stack?: string
}

/** The place in the code that called `callee`. */
export function placeOf(callee: (...args: never[]) => unknown): Place {
  const place: Place = {}
  Error.captureStackTrace(place, callee)
  return place
}

/**
 * Replaces the frames in an error's stack by a place in the application's code, because the timer or step that made the error
 * helps no reader.
 */
export function leadBack(error: unknown, { stack = '' }: Place): void {
  if (!isOf(error, TroupeError)) return
  const frames = stack.slice(stack.indexOf('\n'))
  // The error may be frozen.
  Reflect.set(error, 'stack', `${error.name}: ${error.message}${frames}`)
}
