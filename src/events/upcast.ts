import { TroupeError, textOf } from '../errors.ts'
import { assertJson } from './json.ts'
import { EventPayloadError } from './payload.ts'

/** The payload of an older version, as it was sent or journalled. */
export type OldPayload = Readonly<Record<string, unknown>>

/** Makes the payload of the next version, which is an object too. The schema checks the last payload. */
export type Upcaster = (old: OldPayload) => unknown

/** Upcasters by the version that they start from. */
export type Upcasters = Readonly<Record<number, Upcaster>>

/** A type whose older payloads can be lifted. */
interface Versioned {
  readonly type: string
  readonly version: number
  readonly upcast: Upcasters
}

/** Why these upcasters can never lead to this version; `undefined` if they do. */
export function upcastFault(version: number, upcast: Upcasters): string | undefined {
  if (!Number.isSafeInteger(version) || version < 1) return `its version is ${version}, and versions count 1, 2, 3`
  for (const [key, upcaster] of Object.entries(upcast)) {
    const from = Number(key)
    if (!Number.isSafeInteger(from) || from < 1 || from >= version)
      return `it has an upcaster from version ${key}, which is no version before ${version}`
    if (typeof upcaster !== 'function') return `its upcaster from version ${from} is no function`
    if (from + 1 < version && !Object.hasOwn(upcast, from + 1))
      return `it has an upcaster from version ${from} but none from version ${from + 1}`
  }
  return undefined
}

/** Whether payloads of a version can be lifted to the declared version. */
export function canLift({ upcast }: Versioned, from: number): boolean {
  return Object.hasOwn(upcast, from)
}

/**
 * Lifts a payload step by step to the declared version, and checks it against the schema of that version. Upcasters get copies, so
 * the given payload does not change.
 *
 * @throws EventPayloadError if it is no object of JSON values; UpcastError if a step throws, or the check refuses the result
 */
export function lift<T>(
  { type, version, upcast }: Versioned,
  data: unknown,
  from: number,
  check: (data: unknown) => T,
): T {
  assertJson(type, data)
  if (!isPayload(data)) throw EventPayloadError.at(type, '', 'object', kindOf(data))
  let payload: OldPayload = structuredClone(data)
  for (let at = from; at < version; at++) payload = lifted(type, payload, at, upcast[at])
  try {
    return check(payload)
  } catch (error) {
    throw new UpcastError(type, from, version, error)
  }
}

function lifted(type: string, payload: OldPayload, from: number, upcaster: Upcaster | undefined): OldPayload {
  let next: unknown
  try {
    next = upcaster?.(payload)
  } catch (error) {
    throw new UpcastError(type, from, from + 1, error)
  }
  if (isPayload(next)) return next
  // The result of an async function is not awaited.
  if (next instanceof Promise) next.catch(() => {})
  throw new UpcastError(type, from, from + 1, new TypeError('its upcaster returned no plain object'))
}

function isPayload(value: unknown): value is OldPayload {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** A payload of an older version could not be lifted. */
export class UpcastError extends TroupeError {
  readonly code = 'EVENT_UPCAST'
  readonly type: string
  /** The versions between which it failed. */
  readonly from: number
  readonly to: number
  constructor(type: string, from: number, to: number, cause: unknown) {
    super(
      `Event "${type}" could not be lifted from version ${from} to ${to}: ${textOf(cause).replace(/\.$/, '')}. Fix the upcasters of its definition, or send version ${to}.`,
      { cause },
    )
    this.type = type
    this.from = from
    this.to = to
  }
}
