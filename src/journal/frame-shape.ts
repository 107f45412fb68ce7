import * as z from 'zod'
import { textOf } from '../errors.ts'
import { faultOfTrace } from '../following.ts'
import { lazily } from '../lazily.ts'
import { planned } from '../time/schedule.ts'
import { decoded } from '../values/json.ts'
import type { Cause, Entry, Frame } from './frame.ts'

/** The last position that an imported journal may have. As many positions again are left to continue. */
export const mostPosition = 2 ** 52

/** What the shapes of frames and standings are made of. */
export const pieces = lazily(() => {
  const position = z.int().min(1)
  const count = z.int().nonnegative()
  const time = z.number()
  /** JSON has no infinity. */
  const span = z.number().nullable()
  const name = z.string()
  const any = z.unknown().optional()
  /** A value that `encoded` made. */
  const value = z.unknown().transform((json, { addIssue }) => {
    try {
      return decoded(json)
    } catch (error) {
      addIssue({ code: 'custom', message: textOf(error) })
      return z.NEVER
    }
  })
  const event = z.looseObject({ type: name, data: any })
  const version = count.optional()
  const trace = z
    .record(name, name)
    .refine(one => faultOfTrace(one) === undefined, 'is too long')
    .optional()
  const envelope = z.looseObject({
    id: name,
    seq: position,
    source: name,
    type: name,
    data: any,
    time,
    expirytime: span.optional(),
    version: count,
    // The same range as in `checkPriority`, because an event waits in the lane of its priority.
    priority: z.int().min(1).max(10),
    tags: z.array(name).optional(),
    persist: z.literal(false).optional(),
    correlationid: name,
    causationid: name.optional(),
    party: name.optional(),
    partition: name.optional(),
    to: name.optional(),
    ask: name.optional(),
    redriven: z.looseObject({ attempts: count, first: time }).optional(),
    trace,
  })
  const place = { code: name.optional(), stack: name.optional() }
  return {
    position,
    count,
    time,
    span,
    name,
    any,
    value,
    kept: value.optional(),
    event,
    version,
    trace,
    envelope,
    reason: z.enum(['stopped', 'overflow', 'expired', 'stale', 'ignored', 'failed', 'quarantined']),
    refusal: z.looseObject({ code: name, message: name, data: any }),
    gone: z.enum(['stopped', 'done', 'failed', 'escalated']),
    place,
    escalation: { agent: name, restarts: count, within: z.number(), error: name, ...place },
    words: z.looseObject({ code: name, message: name, stack: name.optional() }).optional(),
    inputs: z.array(event.extend({ version })),
  }
})

/** The fields of a timer that was set. */
export const timerSet = lazily(() => {
  const { name, span, value, event, version, trace } = pieces()
  const path = z.array(name)
  const origin = z.looseObject({ correlationid: name, causationid: name.optional(), request: name.optional(), trace })
  return {
    id: name,
    key: name.optional(),
    inside: z.looseObject({ source: path, target: path }).optional(),
    at: span.optional(),
    delay: span.optional(),
    event: value.pipe(event),
    version,
    to: name.optional(),
    origin,
  }
})

function entryShapes() {
  const p = pieces()
  const { position: seq, name, count, envelope, kept, reason } = p
  const over = z.literal(true).optional()
  const work = { seq, key: name }
  const timer = { seq, agent: name, id: name, key: name.optional() }
  const letter = { seq, id: name, to: name }
  return {
    event: { envelope, heard: seq.optional() },
    ask: { ...work, type: name, to: name, deadline: p.span.optional(), callees: z.array(name).optional() },
    asked: { envelope },
    redriven: { envelope },
    reply: { ...work, data: p.any },
    refusal: { ...work, refusal: p.refusal },
    effect: { ...work, name },
    child: { ...work, name },
    wanted: { ...work, work: name, name },
    progressed: { ...work, data: kept },
    outcome: { ...work, ok: z.boolean(), value: kept },
    dropped: work,
    retried: { ...work, attempt: count },
    tried: { ...work, attempt: count, code: name, error: name, wait: z.number().nonnegative() },
    held: { ...work, attempt: count },
    timer: { ...timer, ...timerSet() },
    cancelled: { ...timer, isInside: over },
    fired: { ...timer, isInside: over, type: name },
    internal: { seq, agent: name, type: name },
    inside: { seq, agent: name, handled: seq },
    definition: { seq, definition: name, hears: z.array(name) },
    agent: {
      seq,
      agent: name,
      incarnation: count,
      what: z.enum(['declared', 'starting', 'stopped', 'restarting', 'migrated']),
      definition: name.optional(),
      under: name.optional(),
      reason: p.gone.optional(),
      output: kept,
      input: kept,
    },
    dead: { ...letter, reason, attempts: count, envelope, error: p.words },
    scheduled: { seq, name, plan: z.looseObject({}), event: p.event, version: p.version, startedAt: p.time },
    occurred: { seq, name, at: p.time, over },
    unscheduled: { seq, name, over },
    forgotten: { seq, party: name },
    purged: letter,
    recovered: { seq, since: p.time.optional(), epoch: p.count.optional(), arrived: over },
    left: { seq },
    suspected: { seq, agent: name, at: seq },
    redelivered: { ...letter, attempt: count },
    transformed: { seq, id: name, type: name, by: z.array(name), into: count },
    coalesced: { ...letter, at: seq },
    escalated: { seq, ...p.escalation },
    party: {
      seq,
      what: z.enum(['created', 'started', 'failed', 'retried']),
      inputs: p.inputs.optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    },
  } satisfies Record<Entry['kind'], z.ZodRawShape>
}

const frameShape = lazily(() => {
  const { position, name, count, time, place } = pieces()
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
  const causes = { step, outside: {}, outcome: {}, supervision: {}, recovery: {} }
  return z.looseObject({
    partition: name,
    position: position.max(mostPosition),
    time,
    clock: z.looseObject({ date: time, jumped: z.int() }).optional(),
    cause: anyOf(causes satisfies Record<Cause['kind'], z.ZodRawShape>),
    entries: z.array(anyOf(entryShapes())),
  })
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
  frameShape().parse(value)
  const frame = value as Frame
  for (const entry of frame.entries) {
    const highest = Math.max('seq' in entry ? entry.seq : 0, 'envelope' in entry ? (entry.envelope?.seq ?? 0) : 0)
    if (highest > mostPosition) throw new RangeError(`an entry has position ${highest}, above ${mostPosition}`)
    if (entry.kind === 'scheduled') planned(entry.plan, entry.startedAt)
  }
  return frame
}
