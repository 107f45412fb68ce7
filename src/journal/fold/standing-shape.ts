import * as z from 'zod'
import { lazily } from '../../lazily.ts'
import { pieces, timerSet } from '../frame-shape.ts'
import type { Standing } from './standing.ts'

const standing = lazily(() => {
  const p = pieces()
  const { name, count, time, envelope } = p
  const schedule = z.looseObject({
    name,
    plan: z.looseObject({}),
    event: p.event,
    version: p.version,
    startedAt: time,
    last: time.optional(),
  })
  const answer = z.looseObject({
    to: name,
    data: p.any,
    refusal: p.refusal.optional(),
    refused: z.enum(p.reason.options).optional(),
  })
  const letter = z.looseObject({
    envelope,
    to: name,
    partition: name,
    reason: p.reason,
    attempts: count,
    error: p.words,
    first: time,
    last: time,
  })
  return z.looseObject({
    position: count,
    time,
    date: time,
    jumps: z.array(z.looseObject({ at: count, ms: z.int() })),
    birth: z.enum(['created', 'started', 'failed']).optional(),
    gaveUp: z.looseObject(p.escalation).optional(),
    inputs: p.inputs,
    hears: z.array(z.tuple([name, z.array(name)])),
    agents: z.array(agentShape()),
    pools: z.array(z.tuple([name, z.array(envelope)])),
    answers: z.array(z.tuple([name, answer])),
    heard: z.array(z.tuple([name, p.position])),
    dead: z.array(letter),
    schedules: z.array(schedule),
    over: z.array(schedule),
  })
})

function agentShape() {
  const { name, count, time, position, kept, gone, envelope } = pieces()
  const timer = z.looseObject(timerSet())
  const work = z.looseObject({
    seq: position,
    // An ask that waits for ever expires at infinity.
    expires: z.custom<number>(at => typeof at === 'number'),
    on: name.optional(),
    to: name.optional(),
    callees: z.array(name).optional(),
    attempt: count,
    held: z.boolean(),
    failures: count.optional(),
    due: time.optional(),
    progress: kept,
    outcome: z.looseObject({ seq: position, ok: z.boolean(), value: kept }).optional(),
  })
  return z.looseObject({
    name,
    definition: name,
    under: name,
    input: kept,
    since: time,
    incarnation: count,
    stepped: count,
    gone: gone.optional(),
    goneAt: count,
    output: kept,
    failure: z.looseObject({ on: name.optional(), correlation: name.optional() }).optional(),
    mail: z.array(envelope),
    crashes: z.array(z.tuple([position, count])),
    suspected: z.array(z.tuple([position, count])),
    timers: z.array(timer),
    fired: z.array(z.tuple([position, timer])),
    works: z.array(z.tuple([name, work])),
    taken: z.array(name),
  })
}

/**
 * Checks that what a snapshot and frames from anywhere add up to is how a partition can stand.
 *
 * @throws z.ZodError that names the field
 */
export function checkStanding(it: Standing): void {
  standing().parse(it.toJSON())
  for (const { partition } of it.dead)
    if (partition !== it.partition) throw new TypeError(`a dead letter is one of "${partition}"`)
}
