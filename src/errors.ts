// Registered, so that `is` recognises the errors of a second copy of the package too.
const marker: unique symbol = Symbol.for('troupe.error')

/** Characters of a sentence at most: somebody may have looked for an id that is as long as a book. */
const longest = 2_000

/** Characters that a terminal obeys and nobody sees. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * What every error of Troupe has: a stable `code`, typed fields, and a sentence that says what was asked, what is so,
 * and what to do: one line, in which nothing is hidden. Each class stands beside its idea; this file is only their root.
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

  /** Whether a caught value is an error of Troupe, of this copy of the package or another. */
  static is(value: unknown): value is TroupeError {
    try {
      return typeof value === 'object' && value !== null && marker in value
    } catch {
      // A proxy that cannot be read.
      return false
    }
  }
}

/** Errors end in terminals and logs, and what they quote may come from anywhere. */
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

/** Whether something that was thrown is of a class; a proxy that cannot be read is of none. */
export function isOf<E>(thrown: unknown, type: abstract new (...args: never[]) => E): thrown is E {
  try {
    return thrown instanceof type
  } catch {
    return false
  }
}

/** A place in the code that uses the runtime, to be shown in the stack of errors that come about much later. */
export interface Place {
  readonly stack?: string
}

/** Where the caller of `callee` stands. */
export function placeOf(callee: (...args: never[]) => unknown): Place {
  const place: Place = {}
  Error.captureStackTrace(place, callee)
  return place
}

/** Makes an error's stack lead to a place in its reader's own code, rather than to the timer or step that it came from. */
export function leadBack(error: unknown, { stack = '' }: Place): void {
  if (!isOf(error, TroupeError)) return
  const frames = stack.slice(stack.indexOf('\n'))
  // Somebody may have frozen the error.
  Reflect.set(error, 'stack', `${error.name}: ${error.message}${frames}`)
}
