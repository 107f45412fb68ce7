import * as z from 'zod'
import { textOf } from '../errors.ts'
import { lazily } from '../lazily.ts'
import { planned } from '../time/schedule.ts'
import { decoded } from '../values/json.ts'
import type { Cause, Entry, Frame } from './frame.ts'

/** The last position that a journal from outside may have: as many positions again are left to go on with. */
export const mostPosition = 2 ** 52

/** The shapes of what a journal holds. */
export const shapes = lazily(() => {
  const position = z.int().min(1)
  const count = z.int().nonnegative()
  const time = z.number()
  /** JSON has no infinity. */
  const span = z.number().nullable()
  const name = z.string()
  const any = z.unknown().optional()
  /** What `encoded` gave. */
  const value = z.unknown().transform((json, { addIssue }) => {
    try {
      return decoded(json)
    } catch (error) {
      addIssue({ code: 'custom', message: textOf(error) })
      return z.NEVER
    }
  })
  const kept = value.optional()
  const event = z.looseObject({ type: name, data: any })
  const origin = z.looseObject({ correlationid: name, causationid: name.optional(), request: name.optional() })
  const envelope = z.looseObject({
    id: name,
    seq: position,
    source: name,
    type: name,
    data: any,
    time,
    expirytime: span.optional(),
    version: count,
    // As `checkPriority` has it: an event waits in a lane of its priority.
    priority: z.int().min(1).max(10),
    tags: z.array(name).optional(),
    persist: z.literal(false).optional(),
    correlationid: name,
    causationid: name.optional(),
    party: name.optional(),
    to: name.optional(),
    ask: name.optional(),
    redriven: z.looseObject({ attempts: count, first: time }).optional(),
  })
  const version = count.optional()
  const over = z.literal(true).optional()
  const reason = z.enum(['stopped', 'overflow', 'expired', 'stale', 'ignored', 'failed', 'quarantined'])
  const refusal = z.looseObject({ code: name, message: name, data: any })
  const gone = z.enum(['stopped', 'done', 'failed', 'escalated'])
  const work = { seq: position, key: name }
  const timer = { id: name, key: name.optional() }
  const path = z.array(name)
  /** The fields of a timer that was set. */
  const timerSet = {
    ...timer,
    inside: z.looseObject({ source: path, target: path }).optional(),
    at: span.optional(),
    delay: span.optional(),
    event: value.pipe(event),
    version,
    to: name.optional(),
    origin,
  }
  const timerOf = { seq: position, agent: name }
  const isInside = z.literal(true).optional()
  const letter = { seq: position, id: name, to: name }

  const place = { code: name.optional(), stack: name.optional() }
  const escalation = { agent: name, restarts: count, within: z.number(), error: name, ...place }
  const words = z.looseObject({ code: name, message: name, stack: name.optional() }).optional()
  const inputs = z.array(event.extend({ version }))

  const entryShapes = {
    event: { envelope, heard: position.optional() },
    ask: { ...work, type: name, to: name, deadline: span.optional(), callees: z.array(name).optional() },
    asked: { envelope },
    redriven: { envelope },
    reply: { ...work, data: any },
    refusal: { ...work, refusal },
    effect: { ...work, name },
    child: { ...work, name },
    wanted: { ...work, work: name, name },
    progressed: { ...work, data: kept },
    outcome: { ...work, ok: z.boolean(), value: kept },
    dropped: work,
    retried: { ...work, attempt: count },
    tried: { ...work, attempt: count, code: name, error: name, wait: z.number().nonnegative() },
    held: { ...work, attempt: count },
    timer: { ...timerOf, ...timerSet },
    cancelled: { ...timerOf, ...timer, isInside },
    fired: { ...timerOf, ...timer, isInside, type: name },
    internal: { seq: position, agent: name, type: name },
    inside: { seq: position, agent: name, handled: position },
    definition: { seq: position, definition: name, hears: z.array(name) },
    agent: {
      seq: position,
      agent: name,
      incarnation: count,
      what: z.enum(['declared', 'starting', 'stopped', 'restarting', 'migrated']),
      definition: name.optional(),
      under: name.optional(),
      reason: gone.optional(),
      output: kept,
      input: kept,
    },
    dead: { ...letter, reason, attempts: count, envelope, error: words },
    scheduled: { seq: position, name, plan: z.looseObject({}), event, version, startedAt: time },
    occurred: { seq: position, name, at: time, over },
    unscheduled: { seq: position, name, over },
    forgotten: { seq: position, party: name },
    purged: letter,
    recovered: { seq: position, since: time.optional(), arrived: over },
    left: { seq: position },
    suspected: { seq: position, agent: name, at: position },
    redelivered: { ...letter, attempt: count },
    transformed: { seq: position, id: name, type: name, by: z.array(name), into: count },
    coalesced: { ...letter, at: position },
    escalated: { seq: position, ...escalation },
    party: {
      seq: position,
      what: z.enum(['created', 'started', 'failed', 'retried']),
      inputs: inputs.optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    },
  } satisfies Record<Entry['kind'], z.ZodRawShape>
  const step = {
    agent: name,
    incarnation: count,
    handled: position,
    type: name,
    outcome: z.enum(['handled', 'ignored', 'failed']),
    error: name.optional(),
    ...place,
    on: name.optional(),
    correlation: name.optional(),
  }

  const causeShapes = { step, outside: {}, outcome: {}, supervision: {}, recovery: {} } satisfies Record<
    Cause['kind'],
    z.ZodRawShape
  >
  const frame = z.looseObject({
    partition: name,
    position: position.max(mostPosition),
    time,
    clock: z.looseObject({ date: time, jumped: z.int() }).optional(),
    cause: anyOf(causeShapes),
    entries: z.array(anyOf(entryShapes)),
  })
  return {
    any,
    count,
    envelope,
    escalation,
    event,
    frame,
    gone,
    inputs,
    kept,
    name,
    position,
    reason,
    refusal,
    time,
    timerSet,
    value,
    version,
    words,
  }
})

function anyOf(shapes: Readonly<Record<string, z.ZodRawShape>>) {
  const kinds = Object.entries(shapes).map(([kind, shape]) => [kind, z.looseObject(shape)] as const)
  const byKind = new Map<unknown, z.ZodType>(kinds)
  return z.looseObject({ kind: z.enum(kinds.map(([kind]) => kind)) }).superRefine((one, { addIssue }) => {
    const { error } = byKind.get(one.kind)?.safeParse(one) ?? {}
    for (const { path, message } of error?.issues ?? []) addIssue({ code: 'custom', path: [...path], message })
  })
}

/**
 * Checks that a value from outside is a frame, and returns it as it is: a later version may have added fields.
 *
 * @throws z.ZodError that names the field; ScheduleError
 */
export function frameIn(value: unknown): Frame {
  shapes().frame.parse(value)
  const frame = value as Frame
  for (const entry of frame.entries) {
    const highest = Math.max('seq' in entry ? entry.seq : 0, 'envelope' in entry ? (entry.envelope?.seq ?? 0) : 0)
    if (highest > mostPosition) throw new RangeError(`an entry has position ${highest}, above ${mostPosition}`)
    if (entry.kind === 'scheduled') planned(entry.plan, entry.startedAt)
  }
  return frame
}
