import * as z from 'zod'
import { planned } from '../actor/schedule.ts'
import type { Cause, Entry, Frame } from './frame.ts'

/** The last position that a journal from outside may have: as many positions again are left to go on with. */
export const mostPosition = 2 ** 52

const position = z.int().min(1).max(mostPosition)
const count = z.int().nonnegative()
const time = z.number()
/** JSON has no infinity. */
const span = z.number().nullable()
const name = z.string()
const any = z.unknown().optional()
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
  priority: z.number(),
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
const work = { seq: position, key: name }
const timer = { seq: position, agent: name, id: name, key: name.optional() }
const path = z.array(name)
const inside = z.looseObject({ source: path, target: path }).optional()
const isInside = z.literal(true).optional()
const letter = { seq: position, id: name, to: name }

const entryShapes = {
  event: { envelope, heard: position.optional() },
  ask: { ...work, type: name, to: name, deadline: span.optional(), callees: z.array(name).optional() },
  asked: { envelope },
  redriven: { envelope },
  reply: { ...work, data: any },
  effect: { ...work, name },
  child: { ...work, name },
  outcome: { ...work, ok: z.boolean(), value: any },
  dropped: work,
  retried: { ...work, attempt: count },
  held: { ...work, attempt: count },
  timer: { ...timer, inside, at: span.optional(), delay: span.optional(), event, version, to: name.optional(), origin },
  cancelled: { ...timer, isInside },
  fired: { ...timer, isInside, type: name },
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
    reason: z.enum(['stopped', 'done', 'failed', 'escalated']).optional(),
    output: any,
    input: any,
  },
  dead: { ...letter, reason, attempts: count, envelope },
  scheduled: { seq: position, name, plan: z.looseObject({}), event, version, startedAt: time },
  occurred: { seq: position, name, at: time, over },
  unscheduled: { seq: position, name, over },
  forgotten: { seq: position, party: name },
  purged: letter,
  recovered: { seq: position, since: time.optional() },
  left: { seq: position },
  suspected: { seq: position, agent: name, at: position },
  redelivered: { ...letter, attempt: count },
  transformed: { seq: position, id: name, type: name, by: z.array(name), into: count },
  coalesced: { ...letter, at: position },
  escalated: { seq: position, agent: name, restarts: count, within: z.number(), error: name },
  party: {
    seq: position,
    what: z.enum(['created', 'started', 'failed', 'retried']),
    inputs: z.array(event.extend({ version })).optional(),
  },
} satisfies Record<Entry['kind'], z.ZodRawShape>

const step = {
  agent: name,
  incarnation: count,
  handled: position,
  type: name,
  outcome: z.enum(['handled', 'ignored', 'failed']),
  error: name.optional(),
}

const causeShapes = { step, outside: {}, outcome: {}, supervision: {}, recovery: {} } satisfies Record<
  Cause['kind'],
  z.ZodRawShape
>

function anyOf(shapes: Readonly<Record<string, z.ZodRawShape>>) {
  const kinds = Object.entries(shapes).map(([kind, shape]) => [kind, z.looseObject(shape)] as const)
  const byKind = new Map<unknown, z.ZodType>(kinds)
  return z.looseObject({ kind: z.enum(kinds.map(([kind]) => kind)) }).superRefine((one, { addIssue }) => {
    const { error } = byKind.get(one.kind)?.safeParse(one) ?? {}
    for (const { path, message } of error?.issues ?? []) addIssue({ code: 'custom', path: [...path], message })
  })
}

const frameShape = z.looseObject({
  partition: name,
  position,
  time,
  cause: anyOf(causeShapes),
  entries: z.array(anyOf(entryShapes)),
})

/**
 * Checks that a value from outside is a frame, and returns it as it is: a later version may have added fields.
 *
 * @throws z.ZodError that names the field; ScheduleError
 */
export function frameIn(value: unknown): Frame {
  frameShape.parse(value)
  const frame = value as Frame
  for (const entry of frame.entries) if (entry.kind === 'scheduled') planned(entry.plan, entry.startedAt)
  return frame
}
